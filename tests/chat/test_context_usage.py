"""Context usage of the next question, by facts that need no model server."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.chat.context.usage import Level
from apps.chat.models import Conversation, Mode
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.send import start_conversation
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation
from apps.generation.token_counts import known_counts, leave_text, left_texts, name_of, unasked
from apps.stores.redis import sync_client
from tests.chat.exchanges import answered_conversation, answered_message
from tests.chat.measured_talks import GAUGE, HTMX, add_server, counted, estimate, server, talk, usage_of
from tests.conftest import SignedIn

__all__ = ["server", "talk"]


@pytest.mark.usefixtures("server")
def test_what_the_server_has_counted_is_exact(talk: Conversation) -> None:
    usage = usage_of(counted(talk, (400, 100), (900, 100)))
    assert (usage.history, usage.question, usage.reserved, usage.used) == (1_000, 0, 1_000, 2_000)
    assert (usage.is_about, usage.is_being_counted) == (False, False)
    assert usage.words == "2,000 of 4,000 tokens"
    assert usage.level == Level.FINE


@pytest.mark.usefixtures("server")
def test_what_came_since_is_taken_to_be_as_dense(talk: Conversation) -> None:
    counted(talk, (900, 100), (900, 100))
    Generation.objects.filter(message=talk.thread.latest("position")).update(prompt_tokens=None)  # it was stopped
    usage = usage_of(talk)
    assert (usage.history, usage.is_about) == (2_000, True)
    assert usage.words == "about 3,000 of 4,000 tokens"
    assert usage.level == Level.FILLING


@pytest.mark.usefixtures("server")
def test_draft_and_files_are_estimated_upwards(alice: User) -> None:
    draft = "def a_function(with_some_words):\n    return 1\n" * 20
    file = attach_file(owner=alice, conversation=None, name="a.py", content=draft.encode())
    empty, typed, both = usage_of(None), usage_of(None, draft), usage_of(None, draft, [file])
    assert empty.question == 0
    assert 200 < typed.question < len(draft)
    assert typed.question + 200 < both.question < 2 * len(draft)
    assert (empty.is_about, typed.is_about, typed.is_being_counted) == (False, True, False)


@pytest.mark.parametrize(
    ("tokens", "level", "left_out", "sentence"),
    [
        (1_999, Level.FINE, 0, ""),
        (2_000, Level.FILLING, 0, "Context filling up: 1,000 tokens left."),
        (2_599, Level.FILLING, 0, "Context filling up: 401 tokens left."),
        (2_600, Level.NEARLY_FULL, 0, "Context nearly full: 400 tokens left."),
        (3_000, Level.NEARLY_FULL, 0, "Context nearly full: 0 tokens left."),
        (3_002, Level.OVERFLOWING, 2, "The first 2 messages no longer fit."),
        (6_002, Level.OVERFLOWING, 4, "The first 4 messages no longer fit."),
    ],
)
@pytest.mark.usefixtures("server")
def test_levels_say_what_will_happen(
    talk: Conversation, tokens: int, level: Level, left_out: int, sentence: str
) -> None:
    usage = usage_of(counted(talk, (1, 1), (tokens - 1, 1)))
    assert (usage.level, usage.left_out) == (level, left_out)
    assert usage.sentence.startswith(sentence)
    assert bool(usage.sentence) == bool(sentence)


@pytest.mark.usefixtures("server")
def test_question_that_cannot_fit_is_told_apart(talk: Conversation) -> None:
    usage = usage_of(counted(talk, (1, 1), (99, 1)), "word " * 3_000)
    assert (usage.level, usage.left_out) == (Level.TOO_LONG, 4)
    assert "Shorten it, or remove a file." in usage.sentence
    assert usage.shown == usage.window < usage.used


@pytest.mark.usefixtures("server")
def test_reply_that_was_sent_less_counts_for_what_it_was_sent(talk: Conversation) -> None:
    """Its figures count its own prompt and text; earlier messages are assumed to be as dense."""
    answered_message(talk, "q" * 10, "a" * 10)
    counted(talk, (1, 1), (1, 1), (2_900, 100))
    last = talk.thread.latest("position")
    assert last.turn_starts == [1, 3, 5]
    Generation.objects.filter(message=last).update(left_out=2)
    usage = usage_of(talk)
    assert (usage.history, usage.left_out, usage.is_about) == (4_500, 2, True)


@pytest.mark.usefixtures("server")
def test_continued_reply_is_no_exact_measure(talk: Conversation) -> None:
    assert usage_of(counted(talk, (1, 1), (99, 1))).is_about is False
    assert usage_of(counted(talk, (1, 1), (99, 1), attempt=3)).is_about is True


@pytest.mark.usefixtures("server")
def test_server_that_counts_too_little_is_not_believed(alice: User) -> None:
    conversation = counted(answered_conversation(alice, "q" * 3_000, "a" * 1_000), (10, 20))
    usage = usage_of(conversation)
    assert (usage.history, usage.is_about) == (2_000, True)


@pytest.mark.usefixtures("server")
def test_system_prompt_counts_as_well(talk: Conversation) -> None:
    counted(talk, (1, 1), (99, 1))
    Conversation.objects.filter(pk=talk.pk).update(system_prompt="Answer in French. " * 100)
    talk.refresh_from_db()
    changed = usage_of(talk)
    assert changed.history > 100 + 300
    assert changed.is_about
    # The next reply is sent it, and from then on it is part of what has been counted.
    answered_message(talk, "q" * 10, "a" * 10)
    counted(talk, (1, 1), (1, 1), (1_900, 100))
    assert (usage_of(talk).history, usage_of(talk).is_about) == (2_000, False)


@pytest.mark.usefixtures("server")
def test_system_prompt_that_nobody_has_counted_is_about() -> None:
    usage = usage_of(Conversation(system_prompt="Answer in French. " * 100))
    assert usage.history > 300
    assert usage.words.startswith("about ")


@pytest.mark.usefixtures("server")
def test_passages_of_the_guide_are_allowed_for(alice: User) -> None:
    asked = start_conversation(owner=alice, text="What is infilling?", mode=Mode.GUIDE).conversation
    assert usage_of(asked).history > 600


def test_counted_pieces_replace_their_estimates(alice: User) -> None:
    server = add_server("gpu-1", 4_000, discovered_capabilities=["chat", "tokenize"])
    draft = f"a draft of alice {alice.pk} " * 40
    file = attach_file(owner=alice, conversation=None, name="a.py", content=b"x = 1\n" * 500)
    before = estimate(None, draft, [file])
    assert before.tokenizer == server
    assert [piece.text for piece in before.uncounted] == [draft, ""]
    assert before.usage.is_being_counted
    assert known_counts(server, [piece.name for piece in before.uncounted]) == {}
    for piece, tokens in zip(before.uncounted, (123, 1_500), strict=True):
        key = f"workbench:tokens:{name_of('http://gpu-1:80 ')}:{piece.name}"
        sync_client().set(key, tokens, ex=60)
    after = estimate(None, draft, [file])
    assert after.uncounted == []
    assert (after.usage.question, after.usage.is_about) == (123 + 1_500 + 16, True)


def test_small_draft_is_not_worth_a_workers_time(server: Endpoint) -> None:
    Endpoint.objects.update(discovered_capabilities=["chat", "tokenize"])
    small = estimate(None, "What is a list?")
    assert (small.uncounted, small.usage.is_about, small.usage.is_being_counted) == ([], True, False)


def test_same_text_is_asked_for_once_in_a_while(server: Endpoint) -> None:
    names = [name_of(f"{server.pk} {number}") for number in range(2)]
    assert unasked(server, names[:1]) == names[:1]
    assert unasked(server, names) == names[1:]
    leave_text(names[0], "naïve 🦙")
    assert left_texts(names) == {names[0]: "naïve 🦙"}


@pytest.mark.usefixtures("server")
def test_context_usage_says_a_level_when_it_is_reached(
    talk: Conversation, alice: User, bob: User, signed_in: SignedIn
) -> None:
    counted(talk, (1, 1), (2_699, 1))
    posted = {"conversation": str(talk.pk), "message": "", "level": "fine"}
    first = signed_in(alice).post(GAUGE, posted, headers=HTMX).text
    assert (
        'aria-valuetext="3,700 of 4,000 tokens. Conversation 2,700, question 0, kept for the reply 1,000 tokens'
        in first
    )
    assert "nearly full" in first.partition("context-usage-status")[2]
    again = signed_in(alice).post(GAUGE, posted | {"level": "nearly_full"}, headers=HTMX).text
    assert "nearly full" in again
    assert "context-usage-status" not in again
    assert signed_in(bob).post(GAUGE, posted, headers=HTMX).status_code == 404


@pytest.mark.usefixtures("server")
def test_settings_beside_a_first_message_count(alice: User, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    assert "kept for the reply 1,000 tokens" in browser.post(GAUGE, {"message": "x"}, headers=HTMX).text
    posted = {"message": "x", "settings-max_tokens": "250", "settings-system_prompt": "Be brief. " * 100}
    answered = browser.post(GAUGE, posted, headers=HTMX).text
    assert "kept for the reply 250 tokens" in answered
    assert "Conversation 16," not in answered


@pytest.mark.usefixtures("server")
def test_long_conversation_is_measured_by_its_lengths(talk: Conversation) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            usage_of(talk)
        return len(captured)

    before = queries()
    for _ in range(5):
        answered_message(talk, "q" * 10, "a" * 10)
    assert queries() == before == 3
