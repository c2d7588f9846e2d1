"""Access to a conversation's live connection, over every carrier, and its duration."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from uuid import uuid4

import aiohttp
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from websockets.exceptions import ConnectionClosedError

from apps.accounts.models import User
from apps.chat.consumers import TOO_MANY
from apps.chat.live.access import Access, lost_among
from apps.chat.live.viewer import HEARTBEAT
from apps.chat.models import Conversation
from apps.generation.live_connections import keys
from apps.stores.redis import sync_client
from apps.stores.threads import in_thread
from tests.chat.tab import Tab, socket_to, tab_of

pytestmark = [pytest.mark.django_db(transaction=True)]

ADDRESSES = ["data-events", "data-changes"]
MORE_THAN_THE_POOL = 24  # DATABASE_POOL_SIZE is 12


@pytest.fixture
async def tab(alice: User, conversation: Conversation, live_asgi_server: str) -> Tab:
    """Alice's, and nobody has a connection open."""
    sync_client().delete(*keys(alice.pk))
    return await tab_of(alice, live_asgi_server, conversation)


async def status_of(site: str, address: str, cookie: dict[str, str]) -> int:
    async with (
        aiohttp.ClientSession(headers=cookie) as http,
        http.get(site + address, allow_redirects=False) as answer,
    ):
        return answer.status


@pytest.mark.parametrize("name", ADDRESSES)
async def test_what_is_not_yours_is_not_there(tab: Tab, bob: User, conversation: Conversation, name: str) -> None:
    address = tab.addresses[name]
    assert await status_of(tab.site, address, tab.cookie) == 200
    own = await in_thread(Conversation.objects.create)(owner=bob, title="His own")
    stranger = await tab_of(bob, tab.site, own)
    assert await status_of(tab.site, stranger.addresses[name], stranger.cookie) == 200
    assert await status_of(tab.site, address, stranger.cookie) == 404
    never = address.replace(str(conversation.pk), str(uuid4()))
    assert await status_of(tab.site, never, tab.cookie) == 404


@pytest.mark.parametrize("name", ADDRESSES)
async def test_who_is_not_signed_in_is_asked_to(tab: Tab, name: str) -> None:
    assert await status_of(tab.site, tab.addresses[name], tab.cookie) == 200
    assert await status_of(tab.site, tab.addresses[name], {}) == 302


@pytest.mark.parametrize("name", ADDRESSES)
async def test_they_are_only_read(tab: Tab, name: str) -> None:
    async with aiohttp.ClientSession(headers=tab.cookie) as http, http.post(tab.site + tab.addresses[name]) as answer:
        assert answer.status in {403, 405}


@pytest.mark.parametrize("cursor", ["", "~", "yesterday~x", "2026-01-01T00:00:00+00:00~1_2_3", "~" * 5000])
async def test_cursor_that_makes_no_sense_brings_everything(tab: Tab, cursor: str) -> None:
    async with (
        aiohttp.ClientSession(headers=tab.cookie) as http,
        http.get(tab.site + tab.addresses["data-changes"], params={"cursor": cursor}) as answer,
    ):
        assert answer.status == 200
        assert set(await answer.json()) == {"html", "cursor"}


def sign_out(access: Access, alice: User) -> None:
    Session.objects.all().delete()


def be_locked_out(access: Access, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def have_a_new_password(access: Access, alice: User) -> None:
    alice.set_password("correct horse battery staple")
    alice.save()


def lose_the_conversation(access: Access, alice: User) -> None:
    Conversation.objects.filter(pk=access.conversation_id).delete()


@pytest.mark.parametrize("change", [sign_out, be_locked_out, have_a_new_password, lose_the_conversation])
def test_access_is_lost(change: Callable[[Access, User], None], alice: User, conversation: Conversation) -> None:
    client = Client()
    client.force_login(alice)
    access = Access(client.cookies[settings.SESSION_COOKIE_NAME].value, conversation.pk)
    assert not access.is_lost()
    with CaptureQueriesContext(connection) as captured:
        assert lost_among([access]) == set()
    assert len(captured) == 3, "what is confirmed together is asked for together"
    change(access, alice)
    assert access.is_lost()
    assert lost_among([access]) == {access}


def test_a_lookup_of_many_keeps_them_apart(alice: User, bob: User, conversation: Conversation) -> None:
    his = Conversation.objects.create(owner=bob, title="His own")
    keys = {}
    for user in (alice, bob):
        client = Client()
        client.force_login(user)
        keys[user] = client.cookies[settings.SESSION_COOKIE_NAME].value
    right = {Access(keys[alice], conversation.pk), Access(keys[bob], his.pk)}
    wrong = {Access(keys[alice], his.pk), Access(keys[bob], conversation.pk), Access(None, his.pk), Access("x", his.pk)}
    assert lost_among(right | wrong) == wrong


async def test_beyond_the_most_a_page_is_refused_and_may_ask_instead(tab: Tab) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(settings.STREAMS_PER_PERSON):
            socket = await stack.enter_async_context(socket_to(tab.site, tab.address, tab.cookie, origin=tab.site))
            assert await socket.recv() == HEARTBEAT
        refused = await stack.enter_async_context(socket_to(tab.site, tab.address, tab.cookie, origin=tab.site))
        with pytest.raises(ConnectionClosedError) as closed:
            await refused.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == TOO_MANY
        assert "50 live pages and streams open" in closed.value.rcvd.reason
        assert await status_of(tab.site, tab.addresses["data-events"], tab.cookie) == 429
        assert await status_of(tab.site, tab.addresses["data-changes"], tab.cookie) == 200
    async with asyncio.timeout(60):
        while await status_of(tab.site, tab.addresses["data-events"], tab.cookie) == 429:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_event_streams_hold_no_database_connection(tab: Tab, conversation: Conversation) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(MORE_THAN_THE_POOL):
            other = await Tab(tab.site, tab.session).load(conversation)
            await stack.enter_async_context(other.streaming())
            await other.first_word()
        await tab.load(conversation)
