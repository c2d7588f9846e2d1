"""The cost of a message, a page and its polls in Postgres: upper bounds of SQL statements."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.safestring import SafeString

from apps.accounts.models import ApiKey, User
from apps.chat.live.broadcast import MessagesChanged, MessagesStored, broadcast_stored, news_of, open_pages
from apps.chat.live.cursor import Cursor
from apps.chat.live.moments import moment_now
from apps.chat.live.stored import LONGEST_CARRIED, read_messages, write_messages
from apps.chat.live.viewer import _Missed, _missed
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import send_message
from apps.chat.transcript.render import render_message, show_message
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.endpoints.services.record import record_success
from apps.generation.models import Generation, State
from apps.generation.services.claim import Wish, claim_next, endpoints_and_wishes
from apps.generation.services.finish import Outcome, finish_generation
from apps.stores.threads import in_thread
from tests.chat.exchanges import answered_conversation, answered_message
from tests.conftest import SignedIn
from tests.support.statements import at_most

HTMX = {"HX-Request": "true"}


@pytest.fixture
def endpoint(db: None) -> Endpoint:
    endpoint = add_endpoint(name="gpu-1", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
    Endpoint.objects.update(health=Health.HEALTHY, health_reason="", discovered_context_window=16_384)
    return endpoint


@pytest.fixture
def answered(alice: User, endpoint: Endpoint) -> Conversation:
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    return conversation


@pytest.mark.django_db(transaction=True)
def test_post_of_a_message(alice: User, answered: Conversation, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    with at_most(14):
        answer = client.post(answered.get_absolute_url(), {"message": "three", "key": str(uuid4())}, headers=HTMX)
    assert answer.status_code == 200
    assert [message.text for message in answered.thread] == ["one", "first", "two", "second", "three", ""]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "most"), [("", 11), ("/chat/servers/?conversation={}", 4), ("/chat/gauge/?conversation={}", 6)]
)
def test_page_and_its_polls(alice: User, answered: Conversation, signed_in: SignedIn, address: str, most: int) -> None:
    client = signed_in(alice)
    with at_most(most):
        answer = client.get(address.format(answered.pk) or answered.get_absolute_url())
    assert answer.status_code == 200


@pytest.mark.django_db
def test_poll_of_the_sidebar(alice: User, answered: Conversation, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    with at_most(4):
        answer = client.get(
            "/chat/sidebar/", headers={**HTMX, "HX-Current-URL": f"http://testserver{answered.get_absolute_url()}"}
        )
    assert str(answered.pk) in answer.content.decode()


@pytest.mark.django_db
def test_page_that_connects_and_lacks_nothing(answered: Conversation) -> None:
    Message.objects.update(created_at="2026-01-01T00:00:00Z")
    Generation.objects.update(ended_at="2026-01-01T00:00:00Z")
    with at_most(2):
        assert _missed(answered, Cursor(moment_now().isoformat())) == _Missed(beside="")


@pytest.mark.django_db
def test_worker_that_takes_a_reply(alice: User, answered: Conversation) -> None:
    send_message(conversation=answered, text="three")
    with at_most(1):
        endpoints, wishes = endpoints_and_wishes(variant="instruct", task="chat")
    assert ([found.name for found in endpoints], list(wishes)) == (["gpu-1"], [Wish()])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_worker_at_hand")  # or it would be first
@pytest.mark.parametrize(("is_for_api", "most"), [(False, 2), (True, 1)])
def test_worker_that_ends_a_reply(
    alice: User, answered: Conversation, endpoint: Endpoint, *, is_for_api: bool, most: int
) -> None:
    send_message(conversation=answered, text="three")
    claimed = claim_next(variant="instruct", worker="a worker", endpoint_id=endpoint.pk)
    assert claimed is not None
    if is_for_api:
        key = ApiKey.objects.create(owner=alice, prefix="a", digest="a")
        Generation.objects.filter(pk=claimed.pk).update(api_key=key)
    outcome = Outcome(State.SUCCEEDED, "third", completion_tokens=1)
    with at_most(most):
        assert finish_generation(generation_id=claimed.pk, attempt=claimed.attempt, outcome=outcome)
    claimed.refresh_from_db()
    assert (claimed.state, claimed.text, claimed.text_length, claimed.completion_tokens) == ("succeeded", "third", 5, 1)


@pytest.mark.django_db
def test_success_of_a_healthy_endpoint(endpoint: Endpoint) -> None:
    with at_most(1):
        record_success(endpoint_id=endpoint.pk, seconds_to_first_token=0.5, tokens_per_second=None, duration=2.0)
    observation = endpoint.observations.get()
    assert (observation.ok, observation.seconds_to_first_token, observation.duration) == (True, 0.5, 2.0)
    endpoint.refresh_from_db()
    assert endpoint.last_generated_at is not None


@pytest.mark.django_db
def test_stored_messages_travel_with_all_that_pages_show(alice: User, answered: Conversation) -> None:
    exchange = send_message(conversation=answered, text="three")
    text = write_messages([exchange.question, exchange.reply])
    assert text is not None
    with CaptureQueriesContext(connection) as captured:
        carried = [render_message(message, show_message_html(message)) for message in read_messages(text)]
    assert not captured.captured_queries
    stored = answered.messages.filter(position__gte=5).in_order()
    assert carried == [render_message(message, show_message_html(message)) for message in stored]


def show_message_html(message: Message) -> SafeString:
    return show_message(message).html if message.generation is None else SafeString()


@pytest.mark.django_db(transaction=True)
async def test_long_question_is_read_by_its_pages(alice: User, redis_url: str) -> None:
    conversation = await in_thread(answered_conversation)(alice, "one", "first")
    short = await in_thread(send_message)(conversation=conversation, text="two")
    long = Message(pk=uuid4(), question="x" * (LONGEST_CARRIED + 1))
    try:
        async with news_of(conversation.pk) as news:
            await in_thread(broadcast_stored)(conversation.pk, [short.question, short.reply])
            await in_thread(broadcast_stored)(conversation.pk, [long])
            first, second = await news.get(), await news.get()
    finally:
        await open_pages().close()
    assert isinstance(first, MessagesStored)
    assert [message.pk for message in read_messages(first.text)] == [short.question.pk, short.reply.pk]
    assert second == MessagesChanged([long.pk])
