"""Fixtures of the generation tests."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest
import redis.asyncio

from apps.accounts.models import User
from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.generation.services.start import start_generation
from apps.stores.redis import async_client
from tests.support.scripted_server import counting_server, scripted_server

__all__ = ["counting_server", "scripted_server"]


@pytest.fixture
def generation_id() -> UUID:
    return uuid4()


@pytest.fixture
async def log_client(redis_url: str) -> AsyncIterator["redis.asyncio.Redis"]:
    client = async_client()
    yield client
    await client.aclose()


@pytest.fixture
def counting_endpoint(db: None, counting_server: str) -> Endpoint:
    return add_counting("counting", counting_server, at_once=500)


def add_counting(name: str, url: str, *, at_once: int, priority: int = 0) -> Endpoint:
    """Register the counting model of this address, for chats."""
    return add_endpoint(
        name=name, url=url, protocol="openai", variant="instruct", max_concurrency=at_once, priority=priority
    )


def ask(owner: User, text: str, *, only: Endpoint | None = None) -> Generation:
    """A queued generation; its task is sent when the transaction commits."""
    wanted = Wanted(only.name, only.pk) if only else None
    messages = [{"role": "user", "content": text}]
    return start_generation(owner=owner, variant="instruct", messages=messages, wanted=wanted)


def numbers(last: int) -> str:
    """Return the counting model's text up to ``last``."""
    return " ".join(str(number) for number in range(1, last + 1))
