"""The container files name things that exist, hold no secrets and run nothing as root."""

import re
from importlib.util import find_spec
from typing import Any

import pytest
import yaml
from celery import Celery
from celery.app.utils import find_app
from celery.bin.celery import celery as celery_commands
from django.core.management import get_commands
from django.utils.module_loading import import_string

from apps.embedded import programs
from tests.project.containers import (
    DOCKER,
    ROOT,
    commands_of,
    last_stage,
    read_dockerfile,
    read_example_variables,
    read_exec_form,
    read_services,
)

OURS = {"migrate", "web", "worker", "beat"}
PINNED = re.compile(r"[\w./-]+:v?\d[\w.-]*")
GPU_PROFILES = {"tgi": ["gpu"], "vllm": ["gpu-vllm"]}
OPERATIONS_POOL = re.compile(r"^\| `DATABASE_POOL_SIZE` \| `(\d+)`", re.MULTILINE)
SECRET_NAME = re.compile(r"SECRET|PASSWORD|TOKEN$|AUTH|API_KEY")
VARIABLE = re.compile(r"\$\{(\w+)[^}]*\}")


def ours_commands() -> list[list[str]]:
    services = read_services()
    commands = [command for name in sorted(OURS) for command in commands_of(services[name])]
    image_command = next(instruction for instruction in last_stage() if instruction.name == "CMD")
    return [*commands, read_exec_form(image_command.arguments)]


def commands_of_program(program: str) -> list[list[str]]:
    found = [command for command in ours_commands() if command[0] == program]
    assert found, f"no command runs {program}: this test would check nothing"
    return found


def test_every_program_is_one_that_these_tests_look_into() -> None:
    assert {command[0] for command in ours_commands()} == {"celery", "python", "uvicorn", "find", "grep"}


def test_modules_and_management_commands_exist() -> None:
    for command in commands_of_program("python"):
        if command[1] == "-m":
            assert find_spec(command[2])
            continue
        assert command[1] == "manage.py"
        assert command[2] in get_commands()


def test_celery_finds_the_application_and_its_subcommands() -> None:
    for command in commands_of_program("celery"):
        assert command[1] == "--app"
        assert isinstance(find_app(command[2]), Celery)
        subcommand = next(word for word in command[3:] if not word.startswith("--"))
        assert subcommand in celery_commands.commands


def test_uvicorn_finds_the_application() -> None:
    for command in commands_of_program("uvicorn"):
        assert callable(import_string(command[1].replace(":", ".")))


def test_idle_connections_outlive_those_of_proxies() -> None:
    """Caddy keeps an idle connection for two minutes: a request that crosses with its end is reset."""
    [documented] = re.findall(r"--timeout-keep-alive (\d+)", (ROOT / "docs/operations.md").read_text())
    commands = [*commands_of_program("uvicorn"), list(programs.web(8000).argv)]
    kept = {command[command.index("--timeout-keep-alive") + 1] for command in commands}
    assert kept == {documented}
    assert int(documented) > 120


def test_every_image_is_pinned() -> None:
    images = {service["image"] for name, service in read_services().items() if name not in OURS}
    stages = [instruction.arguments.split() for instruction in read_dockerfile() if instruction.name == "FROM"]
    images |= {words[0] for words in stages}
    assert len(images) == 7
    assert [image for image in images if not PINNED.fullmatch(image)] == []


def test_the_image_uses_the_python_of_the_project() -> None:
    version = (ROOT / ".python-version").read_text().strip()
    bases = {instruction.arguments.split()[0] for instruction in read_dockerfile() if instruction.name == "FROM"}
    assert {base for base in bases if base.startswith("python:")} == {f"python:{version}-slim-trixie"}


def test_the_image_leaves_out_tools_and_embedded_servers() -> None:
    [sync] = [instruction.arguments for instruction in read_dockerfile() if "uv sync" in instruction.arguments]
    assert "--locked --no-default-groups" in sync
    assert "--group" not in sync


def test_the_image_runs_as_nobody_special() -> None:
    users = [instruction.arguments for instruction in last_stage() if instruction.name == "USER"]
    assert users
    assert users[-1].partition(":")[0] not in {"root", "0"}
    assert not any("user" in service for service in read_services().values())


def test_the_image_checks_its_health_without_a_shell() -> None:
    [check] = [instruction.arguments for instruction in last_stage() if instruction.name == "HEALTHCHECK"]
    program, script = read_exec_form(check.partition(" CMD ")[2])
    assert program == "python"
    assert (ROOT / script).is_file()


def test_what_the_image_copies_exists_and_is_let_in() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copies = [instruction.arguments.split() for instruction in read_dockerfile() if instruction.name == "COPY"]
    sources = {source for words in copies if not words[0].startswith("--from") for source in words[:-1]}
    assert sources >= {"manage.py", "apps", "project"}
    assert sources <= allowed
    assert all((ROOT / source).exists() for source in sources)


@pytest.mark.parametrize("name", sorted(read_services()))
def test_service_is_bounded_and_checked(name: str) -> None:
    service = read_services()[name]
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert "restart" in service
    assert "healthcheck" in service or name == "web"  # web has the image's own


@pytest.mark.parametrize("name", sorted(OURS - {"migrate"}))
def test_service_starts_after_what_it_needs(name: str) -> None:
    conditions = {needed: how["condition"] for needed, how in read_services()[name]["depends_on"].items()}
    assert conditions == {
        "migrate": "service_completed_successfully",
        "postgres": "service_healthy",
        "redis": "service_healthy",
    }


def secret_values(services: dict[str, dict[str, Any]]) -> list[str | None]:
    return [
        value
        for service in services.values()
        for name, value in service.get("environment", {}).items()
        if SECRET_NAME.search(name)
    ]


def test_secrets_come_from_the_environment() -> None:
    values = secret_values(read_services())
    assert len(values) >= 5
    assert [value for value in values if value and not VARIABLE.fullmatch(value)] == []


def test_passwords_inside_addresses_and_commands_come_from_the_environment() -> None:
    text = (DOCKER / "compose.yaml").read_text()
    passwords = re.findall(r"://\w*:(.+?)@", text) + re.findall(r"--requirepass\s+-\s+(\S.*)", text)
    assert len(passwords) == 3
    assert [password for password in passwords if not VARIABLE.fullmatch(password)] == []


def test_the_example_environment_holds_no_secret() -> None:
    secrets = {name: value for name, value in read_example_variables().items() if SECRET_NAME.search(name)}
    assert set(secrets) >= {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "MODEL_API_KEY"}
    assert not any(secrets.values())


def test_the_example_environment_names_every_variable() -> None:
    used = set(VARIABLE.findall((DOCKER / "compose.yaml").read_text()))
    passed_on = {name for service in read_services().values() for name, value in environment(service) if value is None}
    assert passed_on
    assert set(read_example_variables()) == used | passed_on | {"SECRET_KEY_FALLBACKS"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_setting_reaches_our_programs(name: str) -> None:
    assert read_services()[name]["env_file"] == [".env"]


def test_nothing_that_a_person_may_set_is_set_here() -> None:
    set_here = {name for service in sorted(OURS) for name, _ in environment(read_services()[service])}
    derived = {"DATABASE_URL", "REDIS_URL", "BEHIND_PROXY", "FORWARDED_ALLOW_IPS"}
    assert set_here == derived | {"SECRET_KEY", "PUBLIC_URL"}


def test_the_example_environment_tells_the_defaults() -> None:
    defaults = dict(re.findall(r"\$\{(\w+):-([^}$]+)\}", (DOCKER / "compose.yaml").read_text()))
    assert defaults
    assert {name: read_example_variables()[name] for name in defaults} == defaults


def environment(service: dict[str, Any]) -> list[tuple[str, str | None]]:
    return list(service.get("environment", {}).items())


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in read_services().items() if "ports" in service] == ["proxy"]
    assert [name for name, service in read_services().items() if "edge" in service.get("networks", [])] == [
        "proxy",
        "web",
    ]


def test_two_web_processes_trust_the_addresses_that_the_proxy_names() -> None:
    compose = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    web = compose["services"]["web"]
    assert web["deploy"]["replicas"] == 2
    assert web["environment"]["FORWARDED_ALLOW_IPS"] == compose["networks"]["edge"]["ipam"]["config"][0]["subnet"]
    assert "dynamic a web 8000" in (DOCKER / "Caddyfile").read_text()


def test_the_proxy_sends_replies_on_at_once_and_knows_its_variables() -> None:
    file = (DOCKER / "Caddyfile").read_text()
    assert "flush_interval -1" in file
    assert set(re.findall(r"\{\$(\w+)\}", file)) == set(read_services()["proxy"]["environment"])


def options_of(service: str, *, start: int = 0) -> dict[str, str]:
    command = [word for word in read_services()[service]["command"][start:] if word != "-c"]
    if command[0].startswith("--"):
        return dict(zip(command[::2], command[1::2], strict=True))
    return dict(word.split("=") for word in command)


def test_postgres_has_room_for_every_process_and_logs_nobodys_text() -> None:
    options = options_of("postgres", start=1)
    pool = int(OPERATIONS_POOL.search((ROOT / "docs" / "operations.md").read_text())[1])  # type: ignore[index]
    # Two web processes, three workers, beat, the migrations and a command.
    assert 8 * pool <= int(options["max_connections"])
    assert options["log_min_error_statement"] == "panic"
    assert options["log_error_verbosity"] == "terse"


def test_redis_keeps_what_it_is_given_and_has_room_to_rewrite_its_file() -> None:
    options = options_of("redis", start=1)
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--appendonly"] == "yes"
    assert (options["--maxmemory"], read_services()["redis"]["deploy"]["resources"]["limits"]["memory"]) == (
        "512mb",
        "1G",
    )


@pytest.mark.parametrize("name", sorted(GPU_PROFILES))
def test_model_servers_start_by_profile_and_ask_for_a_key(name: str) -> None:
    service = read_services()[name]
    assert service["profiles"] == GPU_PROFILES[name]
    assert "MODEL_API_KEY" in str(service["environment"])
    assert service["deploy"]["resources"]["reservations"]["devices"][0]["driver"] == "nvidia"


def test_the_model_servers_stay_within_the_length_the_models_were_trained_on() -> None:
    tgi, vllm = options_of("tgi"), options_of("vllm")
    assert int(tgi["--max-input-tokens"]) < int(tgi["--max-total-tokens"]) <= 16384
    assert int(vllm["--max-model-len"]) <= 16384
