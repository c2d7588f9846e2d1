"""A model titles new conversations while nobody waits for a reply, and gives way to the first that comes."""

import asyncio

import pytest
from django.test import override_settings

from apps.accounts.models import User
from apps.accounts.preferences import set_model_titles
from apps.chat.models import Conversation, Role, TitleOrigin
from apps.chat.services.fork import fork_conversation
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.organize import rename_conversation
from apps.chat.services.title import title_conversations
from apps.chat.titles import title_of_model
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.worker.runtime import Runtime
from apps.stores.threads import in_thread
from project.celery import app
from tests.generation.test_worker import PATIENCE, wait_until
from tests.support.counting_chat import chunk
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.wire import Send, Wait, event, head

__all__ = ["scripted_server"]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]

QUESTION = "count to 3, as every other conversation here does"


def says(text: str) -> tuple[Send, ...]:
    """The answer of a model that says this."""
    return head(), Send(event(chunk(text))), Send(event(chunk("", "stop")))


@in_thread
def answered(owner: User, server: ScriptedServer) -> Conversation:
    """A conversation with a reply by the only endpoint, which is healthy."""
    if not Endpoint.objects.exists():
        add_endpoint(name="gpu-1", url=server.url, protocol="openai", variant="instruct", max_concurrency=1)
        Endpoint.objects.update(health="healthy")
    conversation = start_conversation(owner=owner, text=QUESTION).conversation
    wait_until(lambda: not Generation.objects.active().exists())
    return conversation


async def title_now() -> None:
    await in_thread(app.send_task)("chat.title")


@in_thread
def title_of(conversation: Conversation) -> tuple[str, str]:
    return Conversation.objects.values_list("title", "title_origin").get(pk=conversation.pk)


async def until_origin(conversation: Conversation, origin: TitleOrigin) -> None:
    ready = Conversation.objects.filter(pk=conversation.pk, title_origin=origin)
    await in_thread(wait_until)(ready.exists)


async def test_model_that_is_idle_titles_the_conversation(alice: User, scripted_server: ScriptedServer) -> None:
    conversation = await answered(alice, scripted_server)
    assert await title_of(conversation) == (QUESTION, TitleOrigin.WORDS)
    scripted_server.answer(*says('Title: "Counting & <b>sorting</b>".\n'))
    await title_now()
    await until_origin(conversation, TitleOrigin.MODEL)
    assert await title_of(conversation) == ("Counting & <b>sorting</b>", TitleOrigin.MODEL)
    asked = scripted_server.requests[-1].json
    assert asked["max_tokens"] == 24
    assert [message["content"] for message in asked["messages"]][:2] == [QUESTION, "1 2 3"]
    assert await in_thread(Generation.objects.count)() == 1


async def test_title_gives_way_to_a_reply_on_a_server_with_one_slot(
    alice: User, scripted_server: ScriptedServer
) -> None:
    conversation = await answered(alice, scripted_server)
    scripted_server.answer(head(), Wait())
    before = len(scripted_server.requests)
    await title_now()
    title = await asyncio.wait_for(scripted_server.request(before), PATIENCE)
    exchange = await in_thread(lambda: send_message(conversation=conversation, text="count to 5"))()
    await asyncio.wait_for(title.left.wait(), PATIENCE)
    assert title.left_early
    reply = await asyncio.wait_for(scripted_server.request(before + 1), PATIENCE)
    assert reply.json["messages"][-1]["content"] == "count to 5"
    await in_thread(wait_until)(lambda: Generation.objects.get(message=exchange.reply).state == State.SUCCEEDED)
    await until_origin(conversation, TitleOrigin.WORDS)
    scripted_server.answer(*says("Counting in two ways"))
    await title_now()
    await until_origin(conversation, TitleOrigin.MODEL)
    assert (await title_of(conversation))[0] == "Counting in two ways"


async def test_no_title_is_asked_for_while_a_reply_waits_or_runs(alice: User, scripted_server: ScriptedServer) -> None:
    conversation = await answered(alice, scripted_server)
    before = len(scripted_server.requests)
    scripted_server.answer(head(), Wait())
    await in_thread(lambda: start_conversation(owner=alice, text="count to 4"))()
    await asyncio.wait_for(scripted_server.request(before), PATIENCE)  # a reply is under way
    await in_thread(lambda: title_conversations(runtime=Runtime()))()  # which has no loop to ask in
    assert len(scripted_server.requests) == before + 1
    assert await title_of(conversation) == (QUESTION, TitleOrigin.WORDS)
    await in_thread(lambda: cancel_generation(generation_id=Generation.objects.active().get().pk))()


@pytest.mark.parametrize("answer", ["", "Sure! Here is a title that I think describes all of what was said so far."])
async def test_title_that_fails_leaves_the_first_words(
    alice: User, scripted_server: ScriptedServer, answer: str
) -> None:
    conversation = await answered(alice, scripted_server)
    scripted_server.answer(*(says(answer) if answer else (head(500),)))
    before = len(scripted_server.requests)
    await title_now()
    request = await asyncio.wait_for(scripted_server.request(before), PATIENCE)
    await asyncio.wait_for(request.left.wait(), PATIENCE)
    second = await answered(alice, scripted_server)
    scripted_server.answer(*says("The second one"))
    await title_now()
    await until_origin(second, TitleOrigin.MODEL)
    assert await title_of(conversation) == (QUESTION, TitleOrigin.ASKED)


async def test_renamed_conversation_is_never_titled(alice: User, scripted_server: ScriptedServer) -> None:
    renamed, during = await answered(alice, scripted_server), await answered(alice, scripted_server)
    await in_thread(lambda: rename_conversation(conversation=renamed, title="My own"))()
    told = asyncio.Event()
    scripted_server.answer(head(), Wait(told), *says("Too late")[1:])
    before = len(scripted_server.requests)
    await title_now()
    request = await asyncio.wait_for(scripted_server.request(before), PATIENCE)
    await in_thread(lambda: rename_conversation(conversation=during, title="Mine too"))()
    told.set()
    await asyncio.wait_for(request.left.wait(), PATIENCE)
    third = await answered(alice, scripted_server)
    scripted_server.answer(*says("The third one"))
    await title_now()
    await until_origin(third, TitleOrigin.MODEL)
    assert await title_of(renamed) == ("My own", TitleOrigin.GIVEN)
    assert await title_of(during) == ("Mine too", TitleOrigin.GIVEN)


async def test_setting_switches_titles_off(alice: User, scripted_server: ScriptedServer) -> None:
    conversation = await answered(alice, scripted_server)
    with override_settings(CHAT_MODEL_TITLES=False):
        await in_thread(lambda: title_conversations(runtime=Runtime()))()
    assert await title_of(conversation) == (QUESTION, TitleOrigin.WORDS)


async def test_person_switches_titles_off(alice: User, bob: User, scripted_server: ScriptedServer) -> None:
    others = await answered(bob, scripted_server)
    mine = await answered(alice, scripted_server)  # the latest would be the first to get a title
    await in_thread(lambda: set_model_titles(person=alice, on=False))()
    scripted_server.answer(*says("Counting"))
    await title_now()
    await until_origin(others, TitleOrigin.MODEL)
    assert await title_of(mine) == (QUESTION, TitleOrigin.WORDS)
    await in_thread(lambda: set_model_titles(person=alice, on=True))()
    scripted_server.answer(*says("Counting too"))
    await title_now()
    await until_origin(mine, TitleOrigin.MODEL)


async def test_fork_keeps_its_title(alice: User, scripted_server: ScriptedServer) -> None:
    conversation = await answered(alice, scripted_server)

    def fork() -> Conversation:
        reply = conversation.messages.get(role=Role.ASSISTANT)
        return fork_conversation(message=reply)

    forked = await in_thread(fork)()
    assert (await title_of(forked))[1] == TitleOrigin.GIVEN


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        ("Sorting numbers", "Sorting numbers"),
        (' "Sorting numbers."\n\nI hope this helps!', "Sorting numbers"),
        ("**Title:** Sorting numbers", "Sorting numbers"),
        ("# C++ or Rust?", "C++ or Rust?"),
        ("```python\nprint()\n```", ""),
        ("…", ""),
        ("one two three four five six seven eight nine ten eleven", ""),
        ("x" * 61, ""),
        ("Here are some possible titles:\n1. Sorting", ""),
        ("Here's a possible title for our conversation", ""),
        ("I would call it Sorting", ""),
        ("Sure! Sorting", ""),
        ("Subtitles and their I/O", "Subtitles and their I/O"),
        ("Surely unique keys", "Surely unique keys"),
        ("I/O of HTML titles", "I/O of HTML titles"),
    ],
)
def test_title_is_read_from_an_answer(answer: str, title: str) -> None:
    assert title_of_model(answer) == title
