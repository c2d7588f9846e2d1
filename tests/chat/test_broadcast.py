"""Pages hear what happens elsewhere, and miss nothing where Redis was away for a moment."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.chat.live.broadcast import (
    AccessChanged,
    BroadcastsMissed,
    MessagesChanged,
    broadcast_access,
    broadcast_messages,
    news_of,
    open_pages,
)
from apps.stores import listener
from apps.stores.redis import sync_client
from apps.stores.threads import in_thread
from tests.chat.exchanges import answered_conversation, answered_message
from tests.chat.tab import tab_of
from tests.support.services import Services

PATIENCE = 60.0  # seconds


@contextmanager
def nobody_can_listen() -> Iterator[None]:
    """Redis cuts off every subscriber, and refuses new subscriptions."""
    client = sync_client()
    client.acl_setuser("default", enabled=True, commands=["-subscribe"])
    try:
        assert client.client_kill_filter(_type="pubsub") > 0
        yield
    finally:
        client.acl_setuser("default", enabled=True, commands=["+subscribe"])


@pytest.mark.django_db(transaction=True)
async def test_page_is_shown_what_nobody_could_tell_it(alice: User, live_asgi_server: str) -> None:
    conversation = await in_thread(answered_conversation)(alice, "one", "first")
    tab = await tab_of(alice, live_asgi_server, conversation)
    async with tab.connected():
        await tab.first_word()
        with nobody_can_listen():
            exchange = await in_thread(answered_message)(conversation, "two", "second")
        await tab.until(lambda page: len(page.states) == 4)
        await in_thread(answered_message)(conversation, "three", "third")
        await tab.until(lambda page: len(page.states) == 6)
    assert exchange.question.dom_id in "".join(tab.frames)


@pytest.fixture
async def listening(redis_url: str) -> AsyncIterator[None]:
    """Close the listener of the test's own event loop."""
    yield
    await open_pages().close()


async def test_silent_redis_is_left(services: Services, listening: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection on which nothing ever comes looks like one on which nothing happens."""
    monkeypatch.setattr(listener, "QUIET_SECONDS", 0.1)
    conversation_id, message_id = uuid4(), uuid4()
    async with news_of(conversation_id) as news, asyncio.timeout(PATIENCE):
        broadcast_messages(conversation_id, [message_id])
        assert await news.get() == MessagesChanged([message_id])
        valkey = services.named("valkey")
        valkey.pause(until=lambda: True)
        try:
            await asyncio.sleep(0.5)
        finally:
            valkey.go_on()
        assert isinstance(await news.get(), BroadcastsMissed)
        broadcast_access(conversation_id)
        assert await news.get() == AccessChanged()
