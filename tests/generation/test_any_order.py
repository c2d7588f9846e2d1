"""Events in any order: no generation loses its text, ends twice, or goes on after its end.

Hypothesis drives the real services, on the real Postgres and Valkey, through random interleavings.
"""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.endpoints.services.reserve import reserve_endpoint
from tests.generation.life_cycle_machine import MOST, LifeCycle

pytestmark = pytest.mark.usefixtures("no_worker_at_hand")


@pytest.fixture
def full_endpoints(transactional_db: None, settings: Settings) -> tuple[Endpoint, Endpoint]:
    """Their only places are taken; no lease runs out by itself."""
    settings.GENERATION_LEASE_SECONDS = settings.ENDPOINT_SLOT_SECONDS = 3600.0
    settings.GENERATIONS_PER_PERSON = MOST
    first, second = (
        add_endpoint(name=name, url="http://127.0.0.1:9", protocol="openai", variant="instruct", max_concurrency=1)
        for name in ("first", "second")
    )
    taken = {reserve_endpoint(variant="instruct", holder=uuid4(), needs=("chat",)) for _ in range(2)}
    assert taken == {first, second}
    return first, second


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_any_order_of_events(
    alice: User, bob: User, full_endpoints: tuple[Endpoint, Endpoint], loop: asyncio.AbstractEventLoop
) -> None:
    class Machine(LifeCycle):
        pass

    Machine.loop, Machine.people, Machine.endpoints = loop, (alice, bob), full_endpoints
    run_state_machine_as_test(
        Machine,
        settings=hypothesis_settings(max_examples=hypothesis_settings().max_examples // 4, stateful_step_count=40),
    )
