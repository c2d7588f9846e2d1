"""Adding endpoints and bringing them up to date, by service and by command."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.endpoints.errors import EndpointNotFound, InvalidEndpoint
from apps.endpoints.models import Endpoint, EndpointChange
from apps.endpoints.services import add_endpoint, set_endpoint_state
from tests.endpoints.conftest import PLAIN_TOKEN, Add


def run(*arguments: str) -> str:
    output = StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue().strip()


ADD = ("add_endpoint", "gpu-1", "http://gpu-1:8080/v1", "--protocol", "tgi", "--variant", "instruct")


def test_endpoint_is_stored_as_given(add: Add) -> None:
    endpoint = add(
        url="http://gpu-1:8080/v1/",
        protocol="openai",
        variant="python",
        size="13B",
        model_id="codellama/CodeLlama-13b-Python-hf",
        token=PLAIN_TOKEN,
        max_concurrency=16,
        priority=3,
    )
    stored = Endpoint.objects.get()
    assert stored == endpoint
    assert (stored.protocol, stored.variant, stored.size) == ("openai", "python", "13B")
    assert (stored.max_concurrency, stored.priority, stored.state) == (16, 3, "enabled")
    assert stored.server.url == "http://gpu-1:8080"
    assert stored.server.model == "codellama/CodeLlama-13b-Python-hf"
    assert stored.server.token == PLAIN_TOKEN


def test_ids_are_in_the_order_of_making(add: Add) -> None:
    made = [add(f"gpu-{number}").pk for number in range(5)]
    assert made == sorted(made)
    assert {identifier.version for identifier in made} == {7}


def test_same_name_updates_and_keeps_what_was_not_said(add: Add) -> None:
    first = add(token=PLAIN_TOKEN)
    set_endpoint_state(name="gpu-1", state="draining")
    second = add(url="http://gpu-2:8080")
    assert second.pk == first.pk
    stored = Endpoint.objects.get()
    assert stored.url == "http://gpu-2:8080"
    assert stored.state == "draining"
    assert stored.token == PLAIN_TOKEN


def test_empty_token_removes_the_stored_one(add: Add) -> None:
    assert add(token=PLAIN_TOKEN).has_token
    assert not add(token="").has_token


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"protocol": "grpc"}, "protocol: Value 'grpc' is not a valid choice."),
        ({"variant": ""}, "variant: This field cannot be blank."),
        ({"size": "8B"}, "size: Value '8B' is not a valid choice."),
        ({"max_concurrency": 0}, "max_concurrency: At least 1."),
        ({"max_concurrency": 2**40}, "max_concurrency: At most 2,147,483,647."),
        ({"priority": 2**40}, "priority: At most 2,147,483,647."),
        ({"name": ""}, "name: This field cannot be blank."),
        ({"name": "x" * 101}, "name: At most 100 characters."),
        ({"name": "a\0b"}, "name: Null characters are not allowed."),
        ({"model_id": "a\0b"}, "model_id: Null characters are not allowed."),
        ({"token": "two words"}, "The token must be printable ASCII without spaces."),
        ({"token": "a\r\nX-Header: b"}, "The token must be printable ASCII without spaces."),
        ({"url": "http://169.254.169.254"}, None),
    ],
    ids=str,
)
def test_wrong_facts_are_refused_with_a_sentence(add: Add, wrong: dict[str, Any], sentence: str | None) -> None:
    with pytest.raises(InvalidEndpoint) as refusal:
        add(**wrong)
    assert sentence in {None, refusal.value.sentence}
    assert not Endpoint.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"protocol": "grpc"}, {"variant": "chat"}, {"size": "8B"}, {"state": "on"}, {"max_concurrency": 0}],
    ids=str,
)
def test_database_refuses_what_gets_past_the_services(add: Add, wrong: dict[str, Any]) -> None:
    add()
    with pytest.raises(IntegrityError), transaction.atomic():
        Endpoint.objects.update(**wrong)


def test_unknown_state_and_unknown_name_are_refused(add: Add) -> None:
    add()
    with pytest.raises(InvalidEndpoint, match=r"^The state must be enabled, draining or disabled, not 'off'\.$"):
        set_endpoint_state(name="gpu-1", state="off")
    with pytest.raises(EndpointNotFound, match=r"^There is no endpoint named 'gpu-9'\.$"):
        set_endpoint_state(name="gpu-9", state="disabled")


@pytest.mark.django_db
def test_command_adds_and_can_be_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_TOKEN", PLAIN_TOKEN)
    options = ["--size", "7B", "--model", "m", "--token-env", "GPU_TOKEN", "--max-concurrency", "8", "--priority", "-1"]
    for _ in range(2):
        assert run(*ADD, *options) == "Endpoint gpu-1 is at http://gpu-1:8080."
    endpoint = Endpoint.objects.get()
    assert (endpoint.size, endpoint.model_id, endpoint.max_concurrency, endpoint.priority) == ("7B", "m", 8, -1)
    assert endpoint.token == PLAIN_TOKEN


@pytest.mark.django_db
def test_command_without_token_env_keeps_the_token(add: Add) -> None:
    add(token=PLAIN_TOKEN)
    run(*ADD)
    assert Endpoint.objects.get().token == PLAIN_TOKEN


@pytest.mark.django_db
def test_command_names_the_groups(alice: User, bob: User) -> None:
    alice.groups.add(Group.objects.create(name="GPU team"), Group.objects.create(name="second"))
    run(*ADD, "--group", "GPU team")
    endpoint = Endpoint.objects.get()
    assert [group.name for group in endpoint.groups.all()] == ["GPU team"]
    assert [endpoint in Endpoint.objects.usable_by(person.pk) for person in (alice, bob)] == [True, False]
    run(*ADD)
    assert [group.name for group in endpoint.groups.all()] == ["GPU team"], "it says nothing of groups"
    run(*ADD, "--group", "second", "--group", "GPU team")
    assert {group.name for group in endpoint.groups.all()} == {"GPU team", "second"}
    run(*ADD, "--everybody")
    assert not endpoint.groups.exists()
    summaries = [change.summary for change in EndpointChange.objects.order_by("at")]
    assert ["GPU team" in summary for summary in summaries] == [True, True, True]
    assert "everybody" in summaries[-1]


def test_an_unknown_group_changes_nothing(add: Add) -> None:
    add()
    Group.objects.create(name="GPU team")
    with pytest.raises(
        CommandError, match=r"^There is no group named 'nobodys'\. Add it at /admin/auth/group/ first\.$"
    ):
        run("add_endpoint", "gpu-1", "http://gpu-2:8080", *ADD[3:], "--group", "GPU team", "--group", "nobodys")
    endpoint = Endpoint.objects.get()
    assert (endpoint.url, endpoint.groups.exists()) == ("http://gpu-1:8080", False)


def test_groups_and_everybody_exclude_each_other(db: None) -> None:
    with pytest.raises(CommandError, match="not allowed with argument"):
        run(*ADD, "--everybody", "--group", "GPU team")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "arguments",
    [
        ("add_endpoint", "a", "ftp://gpu-1", "--protocol", "tgi", "--variant", "base"),
        ("add_endpoint", "a", "http://gpu-1", "--protocol", "grpc", "--variant", "base"),
        ("add_endpoint", "a", "http://gpu-1", "--protocol", "tgi", "--variant", "chat"),
        (*ADD, "--size", "8B"),
        (*ADD, "--max-concurrency", "many"),
        (*ADD, "--max-concurrency", "0"),
        (*ADD, "--priority", "1.5"),
        (*ADD, "--token-env", "NOT_SET_ANYWHERE"),
        (*ADD, "--group", "nobodys"),
        (*ADD, "--group", ""),
        ("set_endpoint", "nobody", "--state", "enabled"),
        ("set_endpoint", "nobody", "--state", "paused"),
    ],
    ids=lambda arguments: " ".join(arguments[-2:]),
)
def test_bad_input_is_one_sentence_and_exit_code_1(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError, match=r"^[^\n]+\.$") as error:
        run(*arguments)
    assert error.value.returncode == 1
    assert not Endpoint.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["disabled", "draining", "enabled"])
def test_command_sets_the_state(add: Add, state: str) -> None:
    add()
    assert run("set_endpoint", "gpu-1", "--state", state) == f"Endpoint gpu-1 is {state}."
    assert Endpoint.objects.get().state == state


@pytest.mark.django_db
def test_service_wants_every_fact_by_name() -> None:
    with pytest.raises(TypeError):
        add_endpoint("gpu-1", "http://gpu-1", "tgi", "base")  # type: ignore[call-arg]
