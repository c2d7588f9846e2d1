"""A reply that waits says how many are ahead of it, on the page and as that changes."""

import asyncio
from collections.abc import Callable

import pytest
from django.db import transaction
from django.test import Client

from apps.accounts.models import User
from apps.chat.services.exchange import Exchange
from apps.chat.services.send import start_conversation
from apps.chat.services.stop import stop_reply
from apps.chat.wording import waiting_sentence
from apps.endpoints.services import add_endpoint
from apps.generation.events import Place
from apps.generation.services.announce_places import announce_places
from apps.generation.threads import in_thread
from tests.chat.tab import tab_of
from tests.support.scripted_server import ScriptedServer, scripted_server

__all__ = ["scripted_server"]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (None, "Waiting for a free slot"),
        (Place(1), "Waiting for a free slot, you are next"),
        (Place(3), "Waiting for a free slot, 2 ahead of you"),
        (Place(3, 40), "Waiting for a free slot, 2 ahead of you, about 40 seconds"),
        (Place(2, 60), "Waiting for a free slot, 1 ahead of you, about 1 minute"),
        (Place(2, 60, servers_down=True), "The model servers are down. Waiting for one to come back"),
        (Place(2, endpoint="gpu-1"), "Waiting for a free slot on gpu-1, 1 ahead of you"),
        (
            Place(1, servers_down=True, endpoint="gpu-1", absence="gpu-1 has been down since 14:02"),
            "gpu-1 has been down since 14:02. Waiting in case it comes back",
        ),
        (Place(9, 150), "Waiting for a free slot, 8 ahead of you, about 3 minutes"),
    ],
)
def test_place_in_words(place: Place | None, sentence: str) -> None:
    assert waiting_sentence(place) == sentence


def test_page_says_how_many_are_ahead(alice: User, bob: User, signed_in: Callable[[User], Client]) -> None:
    with transaction.atomic():
        start_conversation(owner=bob, text="one")
        exchange = start_conversation(owner=alice, text="two")
    page = signed_in(alice).get(exchange.conversation.get_absolute_url()).text
    assert "Waiting for a free slot, 1 ahead of you" in page


async def is_taken(model: ScriptedServer) -> None:
    await asyncio.wait_for(model.request(), 20)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker_process")
async def test_tab_is_told_as_the_queue_moves(
    alice: User, bob: User, charlie: User, scripted_server: ScriptedServer, live_asgi_server: str
) -> None:
    await in_thread(add_endpoint)(
        name="narrow", url=scripted_server.url, protocol="openai", variant="instruct", max_concurrency=1
    )

    async def ask(owner: User) -> Exchange:
        return await in_thread(start_conversation)(owner=owner, text="count to 100000 at 50 per second")

    running = await ask(alice)
    await is_taken(scripted_server)
    ahead, waiting = await ask(bob), await ask(charlie)
    tab = await tab_of(charlie, live_asgi_server, waiting.conversation)
    async with tab.connected():
        await in_thread(announce_places)()
        await tab.until(lambda page: "1 ahead of you" in str(page.messages[-1]))
        await tab.until(lambda page: "1 ahead of you" in str(page.root.find("id", "announcer")))
        await in_thread(stop_reply)(conversation=ahead.conversation)
        await in_thread(announce_places)()
        await tab.until(lambda page: "you are next" in str(page.messages[-1]))
        await in_thread(stop_reply)(conversation=running.conversation)
        await tab.until(lambda page: page.states[-1] == "running")
        assert "Waiting" not in str(tab.page.messages[-1])
        await in_thread(stop_reply)(conversation=waiting.conversation)
        await tab.until_over()
