"""The chat's pages, without JavaScript and with htmx."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.live.cursor import Cursor
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import start_conversation
from apps.generation.log import store
from apps.generation.models import State
from tests.chat.exchanges import answer, answered_conversation, answered_message, generation_of
from tests.support.markup import Markup

HTMX = {"HX-Request": "true"}
HOME = "/chat/"


@pytest.fixture
def short_messages(settings: Settings) -> None:
    settings.CHAT_MESSAGE_CHARACTERS = 20


def test_first_message_leads_to_its_conversation(browser: Client, alice: User) -> None:
    answer = browser.post(HOME, {"message": "What is a **list**?"})
    conversation = Conversation.objects.get(owner=alice)
    assert (answer.status_code, answer["Location"]) == (302, conversation.get_absolute_url())
    page = browser.get(answer["Location"]).text
    assert "<title>What is a **list**? · Code Llama Workbench</title>" in page
    assert 'data-role="user" data-state="succeeded"' in page
    assert 'data-role="assistant" data-state="queued"' in page


def test_reply_is_seen_on_reload(browser: Client, alice: User) -> None:
    exchange = start_conversation(owner=alice, text="What is a list?")
    address = exchange.conversation.get_absolute_url()
    assert "a <strong>sequence</strong>" not in browser.get(address).text
    answer(exchange, "It is a **sequence**.")
    page = browser.get(address).text
    assert "It is a <strong>sequence</strong>." in page
    assert 'data-role="assistant" data-state="succeeded"' in page


@pytest.mark.parametrize(
    ("state", "words"), [(State.FAILED, "The server is on fire."), (State.CANCELLED, "Stopped by you")]
)
def test_page_says_how_a_reply_ended(browser: Client, alice: User, state: State, words: str) -> None:
    exchange = start_conversation(owner=alice, text="What is a list?")
    if state == State.FAILED:
        answer(exchange, "Half a", state=state, error=words)
    else:
        browser.post(reverse("chat:stop", args=[exchange.conversation.pk]))
    page = browser.get(exchange.conversation.get_absolute_url()).text
    assert f'data-state="{state}"' in page
    assert words in page


def test_question_is_shown_as_it_was_typed(browser: Client, alice: User) -> None:
    question = "<script>alert(1)</script>\n  **not** Markdown"
    page = browser.get(start_conversation(owner=alice, text=question).conversation.get_absolute_url()).text
    assert escape(question) in page
    assert "<script>alert" not in page


def test_page_follows_what_happens_after_it_was_made(browser: Client, alice: User) -> None:
    exchange = start_conversation(owner=alice, text="one")
    page = browser.get(exchange.conversation.get_absolute_url())
    attributes = {name: value for _, name, value in Markup(page.text).attributes}
    assert attributes["data-socket"] == f"/ws/chat/{exchange.conversation.pk}/"
    since = Cursor.read(attributes["data-since"]).since
    assert since is not None
    answer(exchange, "first")
    assert list(Message.objects.changed_since(since)) == [exchange.question, exchange.reply]


@pytest.mark.parametrize("headers", [{}, HTMX])
@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("", "Write a message first."),
        (" \n", "Write a message first."),
        ("x" * 21, "This message has 21 characters; at most 20 can be sent. Shorten it."),
        ("a\0b", "Null characters are not allowed."),
    ],
)
@pytest.mark.usefixtures("short_messages")
def test_refused_message_is_explained(
    browser: Client, conversation: Conversation, message: str, sentence: str, headers: dict[str, str]
) -> None:
    for address in (HOME, conversation.get_absolute_url()):
        refused = browser.post(address, {"message": message}, headers=headers)
        assert refused.status_code == 422
        assert sentence in refused.text
        assert ("<!doctype html>" in refused.text) == (not headers)
        assert refused.text.startswith('<hx-partial hx-target="#composer-error"') == bool(headers)
    assert not Message.objects.exists()


@pytest.mark.usefixtures("short_messages")
def test_draft_of_a_refused_message_is_kept_whole(browser: Client) -> None:
    draft = "  </textarea><b>\nlonger than it may be"
    page = browser.post(HOME, {"message": draft})
    assert f">{escape(draft)}</textarea>" in page.text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_question_during_a_reply_is_refused(browser: Client, alice: User, headers: dict[str, str]) -> None:
    conversation = start_conversation(owner=alice, text="one").conversation
    refused = browser.post(conversation.get_absolute_url(), {"message": "my second"}, headers=headers)
    assert refused.status_code == 409
    assert "A reply is still being written." in refused.text
    assert Message.objects.count() == 2
    assert headers or "my second</textarea>" in refused.text


def test_prompt_in_the_address_is_only_written_down(browser: Client) -> None:
    page = browser.get(HOME, {"prompt": 'Sort "this" </textarea><script>'})
    assert ">Sort &quot;this&quot; &lt;/textarea&gt;&lt;script&gt;</textarea>" in page.text
    assert not Conversation.objects.exists()


def test_message_sent_twice_with_its_key_is_stored_once(browser: Client) -> None:
    sent = {"message": "one", "key": str(uuid4())}
    first, second = (browser.post(HOME, sent) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Message.objects.count() == 2


def test_htmx_is_led_to_the_new_conversation(browser: Client) -> None:
    answered = browser.post(HOME, {"message": "one"}, headers=HTMX)
    assert (answered.status_code, answered["HX-Redirect"]) == (200, Conversation.objects.get().get_absolute_url())


def test_htmx_gets_the_new_messages_and_a_new_key(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "first")
    key = str(uuid4())
    answered = browser.post(conversation.get_absolute_url(), {"message": "two", "key": key}, headers=HTMX)
    assert answered.status_code == 200
    positions = [value for _, name, value in Markup(answered.text).attributes if name == "data-position"]
    assert positions == ["3", "4"]
    assert "<!doctype" not in answered.text
    assert f'data-key="{key}"' in answered.text
    assert f'value="{key}"' not in answered.text
    assert 'id="composer-key"' in answered.text


def test_htmx_stops_without_a_page(browser: Client, alice: User) -> None:
    exchange = start_conversation(owner=alice, text="one")
    stopped = browser.post(reverse("chat:stop", args=[exchange.conversation.pk]), headers=HTMX)
    assert (stopped.status_code, stopped.content) == (204, b"")
    log = store.read_log(generation_of(exchange).pk)
    assert log.ended is not None
    assert log.ended.state == State.CANCELLED


def test_number_of_queries_does_not_grow(browser: Client, alice: User) -> None:
    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    short = answered_conversation(alice, "one", "first")
    queries(HOME)  # the first asks for more: the session is new
    before = queries(HOME), queries(short.get_absolute_url())
    long = answered_conversation(alice, "one", "first")
    for number in range(5):
        answered_conversation(alice, f"another {number}", "first")
        answered_message(long, f"question {number}", "reply")
    assert (queries(HOME), queries(long.get_absolute_url())) == before


def test_page_may_load_and_run_only_what_is_ours(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "```python\nx = 1\n```")
    for address in (HOME, conversation.get_absolute_url()):
        page = browser.get(address)
        policy = dict(part.strip().split(" ", 1) for part in page["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["connect-src"] == policy["img-src"] == "'self'"
        assert policy["script-src"].split()[0] == policy["style-src"].split()[0] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert "unsafe" not in page["Content-Security-Policy"]
        assert "http" not in page["Content-Security-Policy"]


def test_page_needs_nothing_that_the_policy_forbids(browser: Client, alice: User) -> None:
    conversation = answered_conversation(alice, "one", "| a |\n|:-:|\n| 1 |\n\n```python\nx = 1\n```")
    for address in (HOME, conversation.get_absolute_url()):
        markup = Markup(browser.get(address).text)
        names = {name for _, name, _ in markup.attributes}
        assert {"class", "src"} <= names
        assert not {name for name in names if name == "style" or name.startswith("on")}
        loaded = [value for _, name, value in markup.attributes if name in {"src", "href", "action"}]
        assert all(value.startswith(("/", "#")) for value in loaded)
        assert markup.tags.count("script") == len(
            [tag for tag, name, _ in markup.attributes if (tag, name) == ("script", "src")]
        )


def test_refusal_of_too_many_at_once_keeps_the_draft(browser: Client, alice: User, settings: Settings) -> None:
    settings.GENERATIONS_PER_PERSON = 1
    start_conversation(owner=alice, text="one")
    for headers in ({}, HTMX):
        answer = browser.post(HOME, {"message": "What is a list?"}, headers=headers)
        assert answer.status_code == 429
        assert "You have 1 reply waiting or being written" in answer.text
    assert "What is a list?" in browser.post(HOME, {"message": "What is a list?"}).text
