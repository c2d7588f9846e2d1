"""A reply that waits says how many are ahead of it, on the page and as that changes."""

import asyncio

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.transcript.status import doing, waiting_sentence
from apps.endpoints.services import add_endpoint
from apps.generation.log.entries import QueuePosition
from apps.generation.models import State
from apps.generation.services.checkpoint import Checkpoint, save_checkpoints
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import release_generation
from apps.generation.services.write_positions import write_positions
from apps.stores.threads import in_thread
from tests.chat.tab import tab_of
from tests.conftest import SignedIn
from tests.support.scripted_server import ScriptedServer, scripted_server

__all__ = ["scripted_server"]


@pytest.mark.parametrize(
    ("position", "sentence"),
    [
        (None, "Waiting for a free slot"),
        (QueuePosition(1), "Waiting for a free slot, you are next"),
        (QueuePosition(3), "Waiting for a free slot, 2 ahead of you"),
        (QueuePosition(3, 40), "Waiting for a free slot, 2 ahead of you, about 40 seconds"),
        (QueuePosition(2, 60), "Waiting for a free slot, 1 ahead of you, about 1 minute"),
        (QueuePosition(2, 60, servers_down=True), "The model servers are down. Waiting for one to come back"),
        (QueuePosition(2, endpoint="gpu-1"), "Waiting for a free slot on gpu-1, 1 ahead of you"),
        (
            QueuePosition(1, servers_down=True, endpoint="gpu-1", absence="gpu-1 has been down since 14:02"),
            "gpu-1 has been down since 14:02. Waiting in case it comes back",
        ),
        (QueuePosition(9, 150), "Waiting for a free slot, 8 ahead of you, about 3 minutes"),
    ],
)
def test_position_in_words(position: QueuePosition | None, sentence: str) -> None:
    assert waiting_sentence(position) == sentence


def test_page_says_how_many_are_ahead(alice: User, bob: User, signed_in: SignedIn) -> None:
    with transaction.atomic():
        start_conversation(owner=bob, text="one")
        exchange = start_conversation(owner=alice, text="two")
    page = signed_in(alice).get(exchange.conversation.get_absolute_url()).text
    assert "Waiting for a free slot, 1 ahead of you" in page


@pytest.mark.parametrize(
    ("state", "true", "words"),
    [
        (State.QUEUED, {}, "Waiting for a free slot, you are next"),
        (State.QUEUED, {"has_run"}, "Waiting for a free slot, you are next"),
        (State.QUEUED, {"has_text"}, "Waiting for a free slot, you are next"),
        (State.QUEUED, {"has_run", "has_text"}, "Interrupted. Waiting for a free slot, you are next"),
        (State.RUNNING, {"has_run"}, "Waiting for the first token"),
        (State.RUNNING, {"has_run", "has_text"}, "Waiting for the model to go on"),
        (State.RUNNING, {"has_run", "has_text", "is_growing"}, ""),
    ],
)
def test_what_it_does_in_words(state: State, true: set[str], words: str) -> None:
    facts = {name: name in true for name in ("has_text", "is_growing", "has_run")}
    assert doing(state, QueuePosition(1), **facts) == words


def test_reply_whose_worker_is_gone_says_so_but_not_one_that_is_continued(alice: User, signed_in: SignedIn) -> None:
    with transaction.atomic():
        exchange = start_conversation(owner=alice, text="two")
        claimed = claim_next(variant="instruct", worker="test")
        assert claimed is not None
        assert save_checkpoints([Checkpoint(claimed.pk, claimed.attempt, 0, "so far")])
        assert release_generation(generation_id=claimed.pk, attempt=claimed.attempt)
    address = exchange.conversation.get_absolute_url()
    words = "Interrupted. Waiting for a free slot, you are next"
    assert words in signed_in(alice).get(address).text
    stop_reply(conversation=exchange.conversation)
    continue_reply(reply=exchange.reply)
    page = signed_in(alice).get(address).text
    assert words not in page
    assert "Waiting for a free slot, you are next" in page


async def is_taken(model: ScriptedServer) -> None:
    await asyncio.wait_for(model.request(), 60)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker_process")
async def test_tab_follows_the_queue(
    alice: User, bob: User, charlie: User, scripted_server: ScriptedServer, live_asgi_server: str
) -> None:
    await in_thread(add_endpoint)(
        name="narrow", url=scripted_server.url, protocol="openai", variant="instruct", max_concurrency=1
    )

    async def ask(owner: User) -> Exchange:
        return await in_thread(start_conversation)(
            owner=owner, text="count to 100000 at 50 per second and hold at 1000"
        )

    running = await ask(alice)
    await is_taken(scripted_server)
    ahead, waiting = await ask(bob), await ask(charlie)
    tab = await tab_of(charlie, live_asgi_server, waiting.conversation)
    async with tab.connected():
        await in_thread(write_positions)()
        await tab.until(lambda page: "1 ahead of you" in str(page.messages[-1]))
        await tab.until(lambda page: "1 ahead of you" in str(page.root.find("id", "announcer")))
        await in_thread(stop_reply)(conversation=ahead.conversation)
        await in_thread(write_positions)()
        await tab.until(lambda page: "you are next" in str(page.messages[-1]))
        await in_thread(stop_reply)(conversation=running.conversation)
        await tab.until(lambda page: page.states[-1] == "running")
        assert "free slot" not in str(tab.page.messages[-1])
        await in_thread(stop_reply)(conversation=waiting.conversation)
        await tab.until_over()
