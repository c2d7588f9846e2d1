"""A fork begins with what was said up to a message, and has nothing to do with where it came from."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.errors import ConversationGone, ReplyInProgress
from apps.chat.models import Conversation, Message, Mode
from apps.chat.services.delete import delete_conversation
from apps.chat.services.fork import fork_conversation, title_of_fork
from apps.chat.services.messages.attach import new_attachment
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.send import send_message
from apps.chat.services.messages.versions import answer_again, answer_question, edit_question
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.queue import queued_generations
from tests.chat.exchanges import answer, answered_conversation, answered_message, generation_of
from tests.conftest import SignedIn

FIGURES = ("state", "text", "text_length", "messages", "finish_reason", "completion_tokens", "endpoint", "left_out")
TIMES = ("created_at", "first_token_at", "ended_at")


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Three exchanges; the second question was put in other words, the third reply written twice."""
    conversation = answered_conversation(alice, "one", "first")
    answered_message(conversation, "two", "second")
    with transaction.atomic():
        answer(edit_question(question=conversation.messages.get(question="two"), text="zwei"), "zweitens")
    answered_message(conversation, "three", "third")
    with transaction.atomic():
        answer(answer_again(reply=conversation.thread.get(position=6)), "drittens")
    return conversation


def shown(conversation: Conversation) -> list[str]:
    return [message.text for message in conversation.thread.in_order()]


def test_fork_has_the_thread_up_to_the_message(talk: Conversation) -> None:
    fork = fork_conversation(message=talk.thread.get(position=4))
    assert shown(fork) == ["one", "first", "zwei", "zweitens"]
    assert [message.versions for message in fork.thread.in_order()] == [1, 1, 1, 1]
    assert fork.messages.count() == 4
    assert shown(talk) == ["one", "first", "zwei", "zweitens", "three", "drittens"]


def test_thread_that_is_not_shown_can_be_forked(talk: Conversation) -> None:
    fork = fork_conversation(message=talk.messages.get(generation__text="second"))
    assert shown(fork) == ["one", "first", "two", "second"]


def test_files_figures_sources_and_settings_go_along(talk: Conversation) -> None:
    file = new_attachment("a.py", "x = 1\n")
    file.owner, file.conversation, file.message = talk.owner, talk, talk.thread.get(position=1)
    file.save()
    endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
    passages = [{"title": "Licence", "within": "", "url": "/guide/licence/", "kind": "page"}]
    Generation.objects.update(endpoint=endpoint, completion_tokens=7, left_out=2, idempotency_key=None)
    Message.objects.filter(generation__isnull=False).update(passages=passages)
    Conversation.objects.update(mode=Mode.GUIDE, system_prompt="Be brief.", parameters={"temperature": 0.2})
    fork = fork_conversation(message=talk.thread.get(position=2))
    copied = fork.thread.get(position=1).attachments.get()
    assert (copied.name, copied.text, copied.conversation) == ("a.py", "x = 1\n", fork)
    assert copied != file
    original, copy = talk.thread.get(position=2), fork.thread.get(position=2)
    assert (original.generation, copy.passages) != (copy.generation, [])
    for name in (*FIGURES, *TIMES):
        assert getattr(copy.generation, name) == getattr(original.generation, name), name
    assert (copy.passages, copy.created_at) == (original.passages, original.created_at)
    assert (fork.mode, fork.system_prompt, fork.parameters) == (Mode.GUIDE, "Be brief.", {"temperature": 0.2})


def test_neither_changes_with_the_other(talk: Conversation) -> None:
    before = shown(talk)
    fork = fork_conversation(message=talk.thread.get(position=4))
    answered_message(fork, "in the fork", "forked")
    answered_message(talk, "in the old one", "old")
    assert shown(fork)[-2:] == ["in the fork", "forked"]
    assert shown(talk) == [*before, "in the old one", "old"]
    delete_conversation(conversation=talk)
    Generation.objects.filter(message__conversation=talk).delete()
    talk.delete()
    assert len(shown(fork)) == 6


def test_fork_at_a_question_leaves_it_to_be_answered(talk: Conversation) -> None:
    fork = fork_conversation(message=talk.thread.get(position=3))
    assert shown(fork) == ["one", "first", "zwei"]
    with transaction.atomic():
        answer(answer_question(question=fork.thread.get(position=3)), "anders")
    assert shown(fork) == ["one", "first", "zwei", "anders"]


def test_cut_off_reply_is_continued_in_the_fork_alone(talk: Conversation) -> None:
    last = talk.thread.get(position=6)
    Generation.objects.filter(message=last).update(finish_reason="length")
    fork = fork_conversation(message=last)
    continue_reply(reply=fork.thread.get(position=6))
    assert Generation.objects.get(message__conversation=fork, state=State.QUEUED).text == "drittens"
    assert not Generation.objects.filter(message__conversation=talk, state=State.QUEUED).exists()


def test_what_is_being_written_is_not_forked_but_what_was_before_is(talk: Conversation) -> None:
    running = send_message(conversation=talk, text="four")
    with pytest.raises(ReplyInProgress):
        fork_conversation(message=running.reply)
    assert shown(fork_conversation(message=running.question))[-1] == "four"
    assert len(queued_generations()) == 1


def test_nothing_is_forked_from_what_was_deleted(talk: Conversation) -> None:
    message = talk.thread.get(position=2)
    delete_conversation(conversation=talk)
    with pytest.raises(ConversationGone):
        fork_conversation(message=message)


def test_copies_count_in_no_figures(talk: Conversation) -> None:
    fork = fork_conversation(message=talk.thread.get(position=6))
    copies = Generation.objects.filter(message__conversation=fork)
    assert set(copies.values_list("attempt", "started_at", "lost_leases")) == {(0, None, 0)}
    assert max(copies.values_list("pk", flat=True)) < generation_of(send_message(conversation=talk, text="four")).pk


def test_length_costs_no_queries(talk: Conversation) -> None:
    def queries(position: int) -> int:
        message = talk.thread.get(position=position)
        with CaptureQueriesContext(connection) as captured:
            fork_conversation(message=message)
        return len(captured)

    few = queries(2)
    for number in range(10):
        answered_message(talk, f"more {number}", "yes")
    assert queries(26) == few


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Sorting", "Sorting (fork)"),
        ("Sorting (fork)", "Sorting (fork 2)"),
        ("Sorting (fork 9)", "Sorting (fork 10)"),
        ("x" * 120, "x" * 113 + " (fork)"),
        ("(fork)", "(fork) (fork)"),
    ],
)
def test_title_says_that_it_is_a_fork(title: str, expected: str) -> None:
    assert title_of_fork(title) == expected


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_button_leads_to_the_fork(
    talk: Conversation, alice: User, signed_in: SignedIn, headers: dict[str, str]
) -> None:
    url = reverse("chat:fork", args=[talk.pk, talk.thread.get(position=4).pk])
    browser = signed_in(alice)
    assert f'formaction="{url}"' in browser.get(talk.get_absolute_url()).text
    answered = browser.post(url, headers=headers)
    fork = Conversation.objects.exclude(pk=talk.pk).get()
    assert answered.headers["HX-Redirect" if headers else "Location"] == fork.get_absolute_url()
    page = browser.get(fork.get_absolute_url()).text
    assert "zweitens" in page
    assert "drittens" not in page


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_refusal_is_said_in_words(
    talk: Conversation, alice: User, signed_in: SignedIn, headers: dict[str, str]
) -> None:
    running = send_message(conversation=talk, text="four")
    answered = signed_in(alice).post(reverse("chat:fork", args=[talk.pk, running.reply.pk]), headers=headers)
    assert (answered.status_code, ReplyInProgress.sentence in answered.text) == (409, True)
