"""Access to a conversation's socket: its owner, from our own pages."""

import asyncio
from uuid import uuid4

import pytest
from websockets.exceptions import InvalidStatus

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.stores.threads import in_thread
from tests.chat.tab import Tab, socket_to, tab_of

pytestmark = [pytest.mark.django_db(transaction=True)]


async def test_conversation_of_somebody_else_has_no_socket(
    alice: User, bob: User, conversation: Conversation, live_asgi_server: str
) -> None:
    own = await in_thread(Conversation.objects.create)(owner=bob, title="His own")
    tab = await tab_of(bob, live_asgi_server, own)
    assert await status_of(tab, tab.address, cookie=tab.cookie, origin=tab.site) == 101
    for identifier in (conversation.pk, uuid4()):
        assert await status_of(tab, f"/ws/chat/{identifier}/", cookie=tab.cookie, origin=tab.site) == 403


async def test_who_is_not_signed_in_has_no_socket(
    alice: User, conversation: Conversation, live_asgi_server: str
) -> None:
    tab = await tab_of(alice, live_asgi_server, conversation)
    assert await status_of(tab, tab.address, cookie=tab.cookie, origin=tab.site) == 101
    assert await status_of(tab, tab.address, cookie={}, origin=tab.site) == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null", None])
async def test_another_site_has_no_socket(
    alice: User, conversation: Conversation, live_asgi_server: str, origin: str | None
) -> None:
    tab = await tab_of(alice, live_asgi_server, conversation)
    assert await status_of(tab, tab.address, cookie=tab.cookie, origin=origin) == 403


async def status_of(tab: Tab, address: str, *, cookie: dict[str, str], origin: str | None) -> int:
    """Return the server's answer to a socket."""
    try:
        async with asyncio.timeout(60), socket_to(tab.site, address, cookie, origin=origin) as socket:
            assert socket.response is not None
            return socket.response.status_code
    except InvalidStatus as refusal:
        return refusal.response.status_code
