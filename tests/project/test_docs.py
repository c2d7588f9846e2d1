"""The docs are true: operations.md lists every setting, command and address, and links lead to files."""

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.urls import get_resolver, resolve

from tests.project.containers import DOCKER, ROOT, read_example_variables

READS_A_VARIABLE = re.compile(r"(^|\benv\.)read_(text|list|int|float|bool|url)$|\benviron\.get$")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
# Names in the code of pages: files and folders of the repository, and targets of the Makefile.
PATH = re.compile(r"`((?:apps|benchmarks|docker|docs|project|static|templates|tests)/[\w./*-]+)`")
TARGET = re.compile(r"^(?:\w+=\S+ +)*make ([a-z]+)|`(?:\w+=\S+ +)*make ([a-z]+)", re.MULTILINE)
MADE_BY_THE_READER = {"docker/.env"}
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def first_column(section: str) -> set[str]:
    """The names in the first column of the tables under ``## section``."""
    body = OPERATIONS.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `([^`]+)` \|", body, re.MULTILINE))


def calls_that_read(path: Path) -> Iterator[tuple[str, ast.expr]]:
    """Name and default of every variable that the file reads."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and READS_A_VARIABLE.search(ast.unparse(node.func)):
            name, default, *_ = (*node.args, *(keyword.value for keyword in node.keywords), ast.Constant(""))
            if isinstance(name, ast.Constant):
                yield str(name.value), default


def variables_read() -> dict[str, ast.expr]:
    files = [*(ROOT / "project").rglob("*.py"), *(ROOT / "apps").rglob("*.py")]
    return dict(found for path in files for found in calls_that_read(path))


def our_commands() -> dict[str, str]:
    return {name: owner for name, owner in get_commands().items() if owner.startswith("apps.")}


def command_lines() -> list[str]:
    text = OPERATIONS.replace("\\\n", " ")
    return re.findall(r"^(?:\./workbench|docker compose .* manage\.py) +([a-z_]+ .+)$", text, re.MULTILINE)


def test_every_setting_is_documented() -> None:
    assert first_column("Settings") == set(variables_read())


def test_documented_defaults_are_the_real_ones() -> None:
    documented = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", OPERATIONS, re.MULTILINE))
    real = {
        name: str(default.value).lower() if isinstance(default.value, bool) else str(default.value)
        for name, default in variables_read().items()
        if isinstance(default, ast.Constant) and default.value != ""
    }
    assert len(real) > 5
    assert {name: documented.get(name) for name in real} == real


def test_every_command_is_documented() -> None:
    assert first_column("Commands") == set(our_commands())


def test_every_documented_address_is_served() -> None:
    addresses = first_column("Addresses")
    assert addresses >= {"/", "/guide/", "/chat/", "/endpoints/", "/admin/", "/healthz", "/readyz"}
    for address in addresses:
        resolve(address)


def test_every_part_of_the_site_has_a_documented_address() -> None:
    prefixes = [f"/{pattern.pattern}" for pattern in get_resolver().url_patterns]
    addresses = first_column("Addresses")
    assert len(prefixes) > 3
    assert [prefix for prefix in prefixes if not any(address.startswith(prefix) for address in addresses)] == []


def test_every_variable_of_the_containers_is_documented() -> None:
    assert set(read_example_variables()) <= first_column("Settings") | first_column("Containers")


@pytest.mark.parametrize("line", command_lines())
def test_documented_command_is_understood(line: str) -> None:
    name, *arguments = shlex.split(line, comments=True)
    command = load_command_class({**our_commands(), **get_commands()}[name], name)
    assert command.create_parser("manage.py", name).parse_args(arguments)


def test_there_are_documented_commands_to_check() -> None:
    assert {line.split()[0] for line in command_lines()} >= {"create_user", "sign_in_url", "add_endpoint"}


def test_the_pages_name_files_that_exist() -> None:
    named = set(re.findall(r"\b(?:docker|docs)/[\w./-]+\w", OPERATIONS))
    assert "docker/compose.yaml" in named
    assert [name for name in named - MADE_BY_THE_READER if not (ROOT / name).exists()] == []
    assert (DOCKER / ".env.example").is_file()


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_to_files(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text()) if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_files_and_make_targets_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert [name for name in PATH.findall(text) if name not in MADE_BY_THE_READER and not [*ROOT.glob(name)]] == []
    assert {first or second for first, second in TARGET.findall(text)} <= targets


def test_there_are_names_to_check() -> None:
    assert sum(len(PATH.findall(page.read_text())) for page in PAGES) > 50
    assert TARGET.search((ROOT / "README.md").read_text())


def test_there_are_links_to_check() -> None:
    assert len(LINK.findall((ROOT / "docs" / "architecture.md").read_text())) > 20


def test_the_architecture_names_every_app() -> None:
    apps = {path.parent.name for path in (ROOT / "apps").glob("*/__init__.py")}
    named = re.findall(r"^\| `apps/(\w+)` \|", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    assert apps == set(named)
