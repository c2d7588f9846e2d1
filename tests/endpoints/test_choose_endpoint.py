"""Which endpoint a generation goes to."""

from uuid import UUID

import pytest

from apps.endpoints.errors import NoEndpointAvailable
from apps.endpoints.selectors import choose_endpoint
from apps.endpoints.services import set_endpoint_state
from tests.endpoints.conftest import Add


def test_highest_priority_first_then_by_name(add: Add) -> None:
    add("b", priority=1)
    add("c", priority=2)
    add("a", priority=2)
    tried: list[str] = []
    excluded: set[UUID] = set()
    for _ in range(3):
        endpoint = choose_endpoint(variant="instruct", excluding=excluded)
        tried.append(endpoint.name)
        excluded.add(endpoint.pk)
    assert tried == ["a", "c", "b"]


def test_only_the_variant_that_was_asked_for(add: Add) -> None:
    add("python", variant="python", priority=9)
    add("instruct", variant="instruct")
    assert choose_endpoint(variant="instruct").name == "instruct"


@pytest.mark.parametrize("state", ["draining", "disabled"])
def test_only_enabled_ones(add: Add, state: str) -> None:
    add()
    assert choose_endpoint(variant="instruct").name == "gpu-1"
    set_endpoint_state(name="gpu-1", state=state)
    with pytest.raises(NoEndpointAvailable) as refusal:
        choose_endpoint(variant="instruct")
    assert refusal.value.sentence == (
        "No enabled endpoint serves the instruct variant: an admin can add or enable one under Endpoints."
    )
