"""A reply that broke off can be continued, or its question asked again."""

import pytest
from django.db import transaction

from apps.accounts.models import User
from apps.chat.errors import NothingToContinue, ReplyInProgress, TooManyReplies
from apps.chat.models import Message
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.messages.versions import answer_again
from apps.endpoints.services import add_endpoint
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.claim import claim_next
from apps.stores.threads import in_thread
from tests.chat.exchanges import answer, answered_conversation, failed_exchange, generation_of
from tests.chat.tab import tab_of
from tests.conftest import SignedIn
from tests.generation.conftest import numbers
from tests.support.counting_chat import chunk
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.wire import Send, Wait, event, head

__all__ = ["scripted_server"]


def test_continuing_queues_the_same_reply_with_its_text(alice: User) -> None:
    failed = failed_exchange(alice)
    continue_reply(reply=failed.reply)
    generation = generation_of(failed)
    generation.refresh_from_db()
    assert (generation.state, generation.text, generation.error) == (State.QUEUED, "A list is", "")
    log = store.read_log(generation.pk)
    assert (log.text, log.state, log.ended) == ("A list is", State.QUEUED, None)
    assert claim_next(variant="instruct", worker="test") == generation
    assert Message.objects.count() == 2


def test_what_was_cut_off_has_room_to_go_on(alice: User) -> None:
    conversation = answered_conversation(alice, "one", "word " * 500)
    Generation.objects.update(finish_reason="length", parameters={"max_tokens": 500, "temperature": 0.5})
    continue_reply(reply=conversation.messages.get(position=2))
    parameters = Generation.objects.get().parameters
    assert parameters["max_tokens"] > 1000
    assert parameters["temperature"] == 0.5


def test_only_what_broke_off_and_is_last_is_continued(alice: User) -> None:
    complete = answered_conversation(alice, "one", "first").messages.get(position=2)
    empty = failed_exchange(alice, text="").reply
    earlier = failed_exchange(alice)
    answer(send_message(conversation=earlier.conversation, text="two"), "second")
    for reply in (complete, empty, earlier.reply):
        with pytest.raises(NothingToContinue):
            continue_reply(reply=reply)
    assert set(Generation.objects.values_list("state", flat=True)) == {State.SUCCEEDED, State.FAILED}


def test_pressing_twice_continues_once(alice: User) -> None:
    failed = failed_exchange(alice)
    continue_reply(reply=failed.reply)
    for press in (continue_reply, answer_again):
        with pytest.raises(ReplyInProgress):
            press(reply=failed.reply)
    generation = generation_of(failed)
    generation.refresh_from_db()
    assert (generation.state, generation.attempt) == (State.QUEUED, 2)


def test_continuing_counts_as_one_more(alice: User, settings: object) -> None:
    settings.GENERATIONS_PER_PERSON = 1  # type: ignore[attr-defined]
    failed = failed_exchange(alice)
    with transaction.atomic():
        start_conversation(owner=alice, text="another")
        with pytest.raises(TooManyReplies):
            continue_reply(reply=failed.reply)
    generation_of(failed).refresh_from_db()
    assert Generation.objects.get(pk=generation_of(failed).pk).state == State.FAILED


def test_retrying_does_not_tell_the_model_what_it_wrote_before(alice: User) -> None:
    failed = failed_exchange(alice)
    again = answer_again(reply=failed.reply)
    assert generation_of(again).pk != generation_of(failed).pk
    assert generation_of(again).messages == [{"role": "user", "content": "What is a list?"}]


def test_what_was_cut_off_can_be_asked_anew_as_well(alice: User, signed_in: SignedIn) -> None:
    conversation = answered_conversation(alice, "one", "first")
    page = signed_in(alice).get(conversation.get_absolute_url()).text
    assert offered(page) == []
    Generation.objects.update(finish_reason="length")
    page = signed_in(alice).get(conversation.get_absolute_url()).text
    assert offered(page) == ["Continue", "Retry"]


def test_stopping_says_what_it_took(alice: User, signed_in: SignedIn) -> None:
    conversation = start_conversation(owner=alice, text="one").conversation
    stop_reply(conversation=conversation)
    Generation.objects.update(completion_tokens=24, parameters={"max_tokens": 1024})
    page = signed_in(alice).get(conversation.get_absolute_url()).text
    assert "Stopped by you after 24 tokens" in " ".join(page.split())


def offered(page: str) -> list[str]:
    return [word for word in ("Continue", "Retry") if f">{word}</button>" in page]


@pytest.mark.parametrize(("text", "buttons"), [("A list is", ["Continue", "Retry"]), ("", ["Retry"])])
def test_page_offers_what_can_be_done(alice: User, signed_in: SignedIn, text: str, buttons: list[str]) -> None:
    failed = failed_exchange(alice, text=text)
    page = signed_in(alice).get(failed.conversation.get_absolute_url()).text
    assert offered(page) == buttons


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker_process")
async def test_stopped_reply_goes_on_where_it_was_stopped(
    alice: User, scripted_server: ScriptedServer, live_asgi_server: str
) -> None:
    await in_thread(add_endpoint)(name="model", url=scripted_server.url, protocol="openai", variant="instruct")
    pieces = [Send(event(chunk(f"{number} "))) for number in range(1, 6)]
    scripted_server.answer(head(), *pieces, Wait())
    exchange = await in_thread(start_conversation)(owner=alice, text="count to 30")
    tab = await tab_of(alice, live_asgi_server, exchange.conversation)
    async with tab.connected():
        await tab.until(lambda page: "4 5" in page.body())
        await in_thread(stop_reply)(conversation=exchange.conversation)
        await tab.until_over()
        await in_thread(continue_reply)(reply=exchange.reply)
        await tab.until(lambda page: page.states[-1] == "succeeded")
    await in_thread(generation_of(exchange).refresh_from_db)()
    assert generation_of(exchange).text.split() == numbers(30).split()
    shown = [str(message) for message in tab.page.messages]
    await tab.load(exchange.conversation)
    assert shown == [str(message) for message in tab.page.messages]
