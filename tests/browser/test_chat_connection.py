"""A socket that fell silent, or whose back-off lasts, does not keep the reply from the reader."""

import asyncio
from datetime import UTC, datetime, timedelta

from django.db import transaction
from playwright.async_api import Page, WebSocketRoute, expect

from apps.accounts.services import create_user
from apps.chat.live.viewer import HEARTBEAT
from apps.chat.services.messages.exchange import Exchange
from apps.chat.services.messages.send import start_conversation
from apps.generation.models import State
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import Outcome, finish_generation
from apps.stores.threads import in_thread
from tests.browser.counted_replies import PATIENCE
from tests.browser.visit import Visit

# The page's own listener was there first.
NOTE_WHAT_IT_SAYS = """() => addEventListener("offline", () => {
  window.said = document.getElementById("connection").textContent;
})"""


@in_thread
def being_written() -> Exchange:
    with transaction.atomic():  # or a worker at hand would be first
        alice, _ = create_user(username="alice")
        exchange = start_conversation(owner=alice, text="What is a list?")
        assert claim_next(variant="instruct", worker="test") == exchange.reply.generation
    return exchange


@in_thread
def end(exchange: Exchange) -> None:
    assert exchange.reply.generation is not None
    outcome = Outcome(state=State.SUCCEEDED, text="A sequence.", finish_reason="stop")
    assert finish_generation(generation_id=exchange.reply.generation.pk, attempt=1, outcome=outcome)


async def stop_the_clock(page: Page) -> None:
    """Have the time of the pages to come pass by ``run_for`` alone, however slow the machine is."""
    now = datetime.now(UTC)
    await page.clock.install(time=now)
    await page.clock.pause_at(now + timedelta(seconds=10))


async def test_half_open_socket_is_replaced(visit: Visit) -> None:
    """The first socket says that it is there and nothing ever after, as when a laptop changed networks."""
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if len(sockets) > 1:
            socket.connect_to_server()
        else:
            socket.send(HEARTBEAT)

    page = visit.page
    await stop_the_clock(page)
    await page.route_web_socket("**/ws/chat/**", connect)
    exchange = await being_written()
    await visit.sign_in("alice", path=exchange.conversation.get_absolute_url())
    reply = page.locator('article[data-role="assistant"]')
    await end(exchange)
    await page.clock.run_for(4_000)
    await expect(reply).to_have_attribute("data-state", "running")
    assert len(sockets) == 1
    await page.clock.run_for(1_000)
    await expect(page.locator("#connection")).to_have_text("The connection was lost. Trying again…")
    for _ in range(40):
        if len(sockets) == 1:
            await page.clock.run_for(500)
    await expect(reply).to_have_attribute("data-state", "succeeded")
    await expect(reply).to_contain_text("A sequence.")
    assert len(sockets) == 2


async def test_page_says_at_once_that_it_is_offline(visit: Visit) -> None:
    exchange = await being_written()
    page = visit.page
    await visit.sign_in("alice", path=exchange.conversation.get_absolute_url())
    state = page.locator('article[data-role="assistant"] .state')
    await expect(state).to_have_text("Waiting for the first token")
    status = page.locator("#connection")
    await page.evaluate(NOTE_WHAT_IT_SAYS)
    await page.context.set_offline(True)
    await page.wait_for_function("() => window.said !== undefined")
    assert await page.evaluate("said") == "You are offline. A reply goes on, and appears when you are back."
    await end(exchange)
    await page.context.set_offline(False)
    await expect(page.locator('article[data-role="assistant"]')).to_contain_text("A sequence.")
    await expect(status).to_have_text("")
    visit.forgive("ERR_")


async def test_connection_with_heartbeats_is_not_taken_for_lost(visit: Visit) -> None:
    """For longer than a page waits, nothing comes of a reply but heartbeats."""
    sockets: list[WebSocketRoute] = []
    heartbeats: asyncio.Queue[str | bytes] = asyncio.Queue()

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        server = socket.connect_to_server()

        def pass_on(frame: str | bytes) -> None:
            socket.send(frame)
            if frame == HEARTBEAT:
                heartbeats.put_nowait(frame)

        server.on_message(pass_on)

    page = visit.page
    await stop_the_clock(page)
    await page.route_web_socket("**/ws/chat/**", connect)
    exchange = await being_written()
    await visit.sign_in("alice", path=exchange.conversation.get_absolute_url())
    async with asyncio.timeout(PATIENCE / 1000):
        for _ in range(4):  # however long the machine takes for two seconds
            await heartbeats.get()
            await page.clock.run_for(2_000)
    assert len(sockets) == 1
    await expect(page.locator("#connection")).to_have_text("")
    await end(exchange)
