"""Enable, drain and disable from the console."""

from uuid import uuid4

import pytest
from django.test import Client

from apps.endpoints.models import Endpoint, EndpointChange
from apps.endpoints.slots import Bid, take_slot
from tests.endpoints.conftest import Add


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draining", "gpu-1 takes no new work and finishes what it has."),
        ("disabled", "gpu-1 is disabled."),
        ("enabled", "gpu-1 takes new work."),
    ],
)
def test_the_state_is_changed_and_said(add: Add, staff_client: Client, state: str, said: str) -> None:
    endpoint = add()
    Endpoint.objects.update(state="draining" if state == "enabled" else "enabled")
    response = staff_client.post(f"/endpoints/{endpoint.pk}/state/", {"state": state}, follow=True)
    assert said in response.text
    assert Endpoint.objects.get().state == state
    change = EndpointChange.objects.first()
    assert change is not None
    assert (change.by_name, change.changes[0]["after"]) == ("erin", state)


def test_disabling_a_server_at_work_is_asked_about(add: Add, staff_client: Client) -> None:
    endpoint = add()
    for _ in range(2):
        take_slot([Bid(endpoint.pk, rank=0, limit=4)], uuid4())
    asked = staff_client.post(f"/endpoints/{endpoint.pk}/state/", {"state": "disabled"})
    assert asked.status_code == 200
    assert "2 replies are being written there." in asked.text
    assert Endpoint.objects.get().state == "enabled"
    staff_client.post(f"/endpoints/{endpoint.pk}/state/", {"state": "disabled", "confirmed": "on"})
    assert Endpoint.objects.get().state == "disabled"


def test_draining_a_server_at_work_is_not_asked_about(add: Add, staff_client: Client) -> None:
    endpoint = add()
    take_slot([Bid(endpoint.pk, rank=0, limit=4)], uuid4())
    staff_client.post(f"/endpoints/{endpoint.pk}/state/", {"state": "draining"})
    assert Endpoint.objects.get().state == "draining"


@pytest.mark.parametrize("state", ["", "broken", "ENABLED"])
def test_a_state_that_there_is_none_of_is_refused(add: Add, staff_client: Client, state: str) -> None:
    endpoint = add()
    assert staff_client.post(f"/endpoints/{endpoint.pk}/state/", {"state": state}).status_code == 400
    assert Endpoint.objects.get().state == "enabled"


def test_buttons_say_what_can_be_done(add: Add, staff_client: Client) -> None:
    for state, buttons in {
        "enabled": ["draining", "disabled"],
        "draining": ["enabled", "disabled"],
        "disabled": ["enabled"],
    }.items():
        Endpoint.objects.all().delete()
        add(state)
        Endpoint.objects.update(state=state)
        page = staff_client.get("/endpoints/").text
        shown = [word for word in ["enabled", "draining", "disabled"] if f'name="state" value="{word}"' in page]
        assert sorted(shown) == sorted(buttons)
