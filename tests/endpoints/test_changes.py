"""The history of changes: what, when and by whom."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, EndpointChange
from apps.endpoints.services import remove_endpoint, save_endpoint, set_endpoint_state
from tests.endpoints.conftest import PLAIN_TOKEN, Add

ADD = ("add_endpoint", "gpu-1", "http://gpu-1:8080", "--protocol", "tgi", "--variant", "instruct")


def run(*arguments: str) -> None:
    call_command(*arguments, stdout=StringIO())


def summaries() -> list[str]:
    """Oldest first."""
    return [f"{change.by_name}: {change.summary}" for change in EndpointChange.objects.reverse()]


@pytest.mark.django_db
def test_commands_leave_their_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPU_TOKEN", PLAIN_TOKEN)
    run(*ADD)
    run(*ADD, "--priority", "3", "--token-env", "GPU_TOKEN")
    run("set_endpoint", "gpu-1", "--state", "draining")
    assert summaries() == [
        "command line: endpoint added",
        "command line: priority: 0 → 3; token set",
        "command line: state: enabled → draining",
    ]


def test_saying_the_same_again_is_no_change(add: Add) -> None:
    add(token=PLAIN_TOKEN)
    before = Endpoint.objects.values().get()
    add(token=PLAIN_TOKEN)
    set_endpoint_state(name="gpu-1", state="enabled")
    assert summaries() == ["command line: endpoint added; token set"]
    assert Endpoint.objects.values().get() == before


def test_a_person_is_named_and_outlived(add: Add, alice: User) -> None:
    endpoint = add()
    endpoint.priority = 9
    save_endpoint(endpoint=endpoint, by=alice)
    assert EndpointChange.objects.first().by == alice  # type: ignore[union-attr]
    remove_endpoint(endpoint=endpoint, by=alice)
    alice.delete()
    assert summaries() == ["command line: endpoint added", "alice: priority: 0 → 9", "alice: endpoint removed"]
    assert {change.endpoint_name for change in EndpointChange.objects.all()} == {"gpu-1"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {"token": PLAIN_TOKEN}, "token set"),
        ({"token": PLAIN_TOKEN}, {"token": "hf_the-next-token-of-the-gpu-server"}, "token set"),
        ({"token": PLAIN_TOKEN}, {"token": ""}, "token cleared"),
        ({}, {"model_id": "a-model"}, "model id: none → a-model"),
    ],
    ids=["set", "replaced", "cleared", "not about it"],
)
def test_of_a_token_only_that_it_was_set_or_cleared(
    add: Add, before: dict[str, Any], after: dict[str, Any], said: str
) -> None:
    endpoint = add(**before)
    sealed = [endpoint.sealed_token]
    sealed.append(add(**after).sealed_token)
    assert summaries()[-1] == f"command line: {said}"
    kept = str(list(EndpointChange.objects.values()))
    assert "gpu-server" not in kept
    assert not any(token and token in kept for token in sealed)


def test_the_admin_site_writes_them_too(add: Add, staff_client: Client) -> None:
    endpoint = add()
    page = staff_client.get(f"/admin/endpoints/endpoint/{endpoint.pk}/change/")
    form = page.context["adminform"].form
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    sent = {name: value for name, value in values.items() if value not in (None, False)} | {"priority": 4}
    answer = staff_client.post(f"/admin/endpoints/endpoint/{endpoint.pk}/change/", sent)
    assert answer.status_code == 302, answer.context["errors"]
    staff_client.post(f"/admin/endpoints/endpoint/{endpoint.pk}/delete/", {"post": "yes"})
    assert not Endpoint.objects.exists()
    assert summaries() == ["command line: endpoint added", "erin: priority: 0 → 4", "erin: endpoint removed"]


def test_records_cannot_be_written_by_hand(add: Add, staff_client: Client) -> None:
    add()
    change = EndpointChange.objects.get()
    assert staff_client.get("/admin/endpoints/endpointchange/").status_code == 200
    assert staff_client.get("/admin/endpoints/observation/").status_code == 200
    assert staff_client.get("/admin/endpoints/endpointchange/add/").status_code == 403
    assert staff_client.post(f"/admin/endpoints/endpointchange/{change.pk}/change/", {}).status_code == 403
    assert staff_client.post(f"/admin/endpoints/endpointchange/{change.pk}/delete/", {"post": "yes"}).status_code == 403
