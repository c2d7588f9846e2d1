"""A log that was lost with its worker is written anew, perhaps in other words: pages end with what is stored."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest
from django.db import transaction
from redis.asyncio import Redis

from apps.accounts.models import User
from apps.chat.services.messages.send import Exchange, start_conversation
from apps.generation.log import store
from apps.generation.models import State
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import Outcome, finish_generation
from apps.stores.redis import async_client
from apps.stores.threads import in_thread
from tests.chat.exchanges import generation_of
from tests.chat.live_replies import assert_like_reloaded
from tests.chat.tab import Tab, tab_of

pytestmark = [pytest.mark.django_db(transaction=True)]

AT_FIRST, AT_LAST = "One list", "One tuple, in the end"


@pytest.fixture
async def redis_client(redis_url: str) -> AsyncIterator["Redis"]:
    client = async_client()
    yield client
    await client.aclose()


@in_thread
def being_written(alice: User) -> Exchange:
    with transaction.atomic():  # or a worker at hand would be first
        exchange = start_conversation(owner=alice, text="What is a list?")
        assert claim_next(variant="instruct", worker="test") == exchange.reply.generation
    return exchange


@pytest.mark.parametrize("way", [Tab.connected, Tab.streaming, Tab.asking], ids=["socket", "events", "polls"])
async def test_page_that_saw_the_lost_words_ends_with_the_others(
    alice: User, live_asgi_server: str, redis_client: "Redis", way: Callable[[Tab], AbstractAsyncContextManager[Tab]]
) -> None:
    exchange = await being_written(alice)
    generation = generation_of(exchange)
    await store.open_log(redis_client, generation.pk, attempt=1, checkpoint=AT_FIRST)
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with way(tab):
        await tab.until(
            lambda page: (
                AT_FIRST in page.body()
                and (way is Tab.asking or page.root.find_all("id", f"{exchange.reply.dom_id}-open"))
            )
        )
        await redis_client.delete(*store.keys(generation.pk))
        await store.open_log(redis_client, generation.pk, attempt=1, checkpoint=AT_LAST)
        outcome = Outcome(state=State.SUCCEEDED, text=AT_LAST, finish_reason="stop")
        assert await in_thread(finish_generation)(generation_id=generation.pk, attempt=1, outcome=outcome)
        await tab.until_over()
    assert AT_LAST in tab.page.body()
    await assert_like_reloaded(tab, exchange)
