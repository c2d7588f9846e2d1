"""A key that is revoked loses the streams that are open with it; silence in a stream is bridged."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.test import AsyncClient
from django.utils import timezone

from apps.accounts.keys.api_keys import create_api_key, revoke_api_key
from apps.accounts.models import ApiKey, User
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.gateway.sse import KEEP_ALIVE
from apps.generation.models import Generation, State
from tests.gateway.calls import body, ended

pytestmark = [pytest.mark.django_db(transaction=True)]
in_database = database_sync_to_async


@pytest.fixture
def key(alice: User, settings: Any) -> str:
    settings.API_KEEP_ALIVE_SECONDS = 0.05
    return create_api_key(username="alice")


@pytest.fixture
def idle_endpoint(db: None) -> None:
    """An endpoint that is down: what is asked for waits."""
    add_endpoint(name="away", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
    Endpoint.objects.update(health=Health.DOWN, retry_at=timezone.now() + timedelta(hours=1))


@pytest.fixture
def waiting(alice: User) -> Generation:
    """A generation that nobody runs."""
    return Generation.objects.create(owner=alice, messages=[], state=State.QUEUED)


def pieces_of(response: Any) -> AsyncIterator[bytes]:
    pieces: AsyncIterator[bytes] = aiter(response)
    return pieces


async def test_silence_is_bridged_and_a_revoked_key_ends_it(key: str, waiting: Generation) -> None:
    client = AsyncClient()
    headers = {"Authorization": f"Bearer {key}"}
    response = await client.get(f"/v1/generations/{waiting.pk}/events", headers=headers)
    pieces = pieces_of(response)
    while (first := await anext(pieces)) == KEEP_ALIVE:
        pass  # a busy machine
    assert b'"state":"queued"' in first
    assert [await anext(pieces) for _ in range(3)] == [KEEP_ALIVE] * 3
    assert await in_database(revoke_api_key)(key_id=(await in_database(ApiKey.objects.get)()).pk)
    async with asyncio.timeout(60):
        rest = [piece async for piece in pieces]
    assert set(rest) <= {KEEP_ALIVE}
    assert (await client.get(f"/v1/generations/{waiting.pk}/events", headers=headers)).status_code == 401
    assert not (await in_database(Generation.objects.get)()).is_over


async def test_a_completion_goes_with_its_key(key: str, idle_endpoint: None) -> None:
    client = AsyncClient()
    headers = {"Authorization": f"Bearer {key}"}
    response = await client.post(
        "/v1/chat/completions", body("Hello.", stream=True), content_type="application/json", headers=headers
    )
    pieces = pieces_of(response)
    assert await anext(pieces) == KEEP_ALIVE, "no model writes yet, so none is named"
    await in_database(revoke_api_key)(key_id=(await in_database(ApiKey.objects.get)()).pk)
    async with asyncio.timeout(60):
        rest = [piece async for piece in pieces]
    assert b'"code":"invalid_api_key"' in rest[-1]
    await in_database(ended)(await in_database(Generation.objects.get)())
    assert (await in_database(Generation.objects.get)()).state == State.CANCELLED
