"""Replies that count, and what a browser must show of them in the end."""

from uuid import uuid4

from django.db import transaction
from playwright.async_api import Locator, Page, expect

from apps.accounts.services import create_user
from apps.chat.models import Conversation, Message, Role
from apps.chat.services.messages.send import start_conversation
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import State
from apps.stores.threads import in_thread
from tests.browser.visit import Visit
from tests.chat.exchanges import answer
from tests.support.scripted_server import release

PATIENCE = 60_000  # milliseconds, for a busy machine


@in_thread
def add_counting_endpoint(url: str) -> None:
    add_endpoint(name="counting", url=url, protocol="openai", variant="instruct")


def held_count(to: int) -> str:
    """Return a question whose reply cannot end before ``is_written`` asks for its end."""
    return f"count to {to} at 20 per second and hold at {to - 1} ({uuid4().hex[:8]})"


@in_thread
def let_go() -> None:
    """Let every held reply end."""
    questions = list(Message.objects.filter(role=Role.USER).values_list("question", flat=True))
    for endpoint in Endpoint.objects.filter(name="counting"):
        release(endpoint.url, questions)


@in_thread
def ask_to_count(to: int) -> Conversation:
    """Alice has asked for numbers, twenty a second."""
    alice, _ = create_user(username="alice")
    return start_conversation(owner=alice, text=held_count(to)).conversation


@in_thread
def have_failed_after_three(to: int) -> Conversation:
    """Alice has got three of the numbers that she asked for."""
    with transaction.atomic():  # or a worker at hand would be first
        alice, _ = create_user(username="alice")
        exchange = start_conversation(owner=alice, text=held_count(to))
        answer(exchange, "1 2 3", state=State.FAILED, error="The model server is gone.")
    return exchange.conversation


async def follow_a_count(visit: Visit, *, to: int = 60) -> None:
    conversation = await ask_to_count(to)
    await visit.sign_in("alice", path=conversation.get_absolute_url())


def last_reply(page: Page) -> Locator:
    return page.locator('article[data-role="assistant"]').last


async def is_under_way(page: Page) -> None:
    await expect(last_reply(page).locator(".message__body")).to_contain_text("1 2 3 4", timeout=PATIENCE)
    await expect(last_reply(page)).to_have_attribute("data-state", "running")


async def is_written(page: Page, *, to: int = 60) -> None:
    """Let the reply end: the whole count is there, each number once."""
    await let_go()
    await expect(last_reply(page)).to_have_attribute("data-state", "succeeded", timeout=PATIENCE)
    assert await last_reply(page).locator(".message__body").inner_text() == " ".join(map(str, range(1, to + 1)))
