"""Whatever happens to generations, and in whatever order, none loses its text, ends twice, or goes on after its end.

Hypothesis drives the real services, on the real Postgres and Valkey, through random interleavings.
"""

import asyncio
from collections.abc import Iterator
from uuid import uuid4

import pytest
from celery import current_app
from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import Settings

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.endpoints.services.reserve import reserve_endpoint
from tests.generation.life_cycle_machine import MOST, LifeCycle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def full_endpoint(db: None, settings: Settings) -> Iterator[Endpoint]:
    """Its only place is taken, so that no worker of other tests runs what waits; and no lease runs out by itself."""
    settings.GENERATION_LEASE_SECONDS = settings.ENDPOINT_SLOT_SECONDS = 3600.0
    settings.GENERATIONS_PER_PERSON = MOST
    endpoint = add_endpoint(
        name="full", url="http://127.0.0.1:9", protocol="openai", variant="instruct", max_concurrency=1
    )
    assert reserve_endpoint(variant="instruct", holder=uuid4(), needs=("chat",)) == endpoint
    yield endpoint
    current_app.control.purge()


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def test_any_order_of_events(alice: User, bob: User, full_endpoint: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
    class Machine(LifeCycle):
        pass

    Machine.loop, Machine.people, Machine.endpoint = loop, (alice, bob), full_endpoint
    run_state_machine_as_test(
        Machine,
        settings=hypothesis_settings(max_examples=hypothesis_settings().max_examples // 4, stateful_step_count=40),
    )
