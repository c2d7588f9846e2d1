"""Requests are refused with a reason while Redis has no memory left."""

from collections.abc import Iterator

import pytest

from apps.accounts.models import User
from apps.chat.errors import NoMemory
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.send import start_conversation
from apps.generation.errors import StoreFull
from apps.generation.models import Generation
from apps.stores.redis import sync_client
from tests.chat.exchanges import failed_exchange
from tests.generation.conftest import ask

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_redis(redis_url: str) -> Iterator[None]:
    sync_client().config_set("maxmemory", "1")
    yield
    sync_client().config_set("maxmemory", "0")


def test_a_generation_is_refused(alice: User, full_redis: None) -> None:
    with pytest.raises(StoreFull, match="no memory left"):
        ask(alice, "count")
    assert not Generation.objects.exists()


def test_a_message_is_refused_with_the_cause(alice: User, full_redis: None) -> None:
    with pytest.raises(NoMemory, match="no memory left") as refused:
        start_conversation(owner=alice, text="How do I sort?")
    assert refused.value.status == 503


def test_continuing_is_refused_with_the_cause(alice: User, redis_url: str) -> None:
    reply = failed_exchange(alice).reply
    sync_client().config_set("maxmemory", "1")
    try:
        with pytest.raises(NoMemory, match="no memory left"):
            continue_reply(reply=reply)
    finally:
        sync_client().config_set("maxmemory", "0")
    assert not Generation.objects.active().exists()
    continue_reply(reply=reply)
    assert Generation.objects.active().exists()


def test_memory_that_is_back_is_used(alice: User, redis_url: str) -> None:
    sync_client().config_set("maxmemory", "1")
    sync_client().config_set("maxmemory", "0")
    assert ask(alice, "count").pk
