"""A question is deleted with its replies; what was asked after it stays, and follows what was before."""

import pytest

from apps.accounts.models import User
from apps.chat.errors import NoQuestion, ReplyInProgress
from apps.chat.models import Conversation, Message, Role
from apps.chat.services.messages.delete_exchange import delete_exchange
from apps.chat.services.messages.send import send_message
from apps.chat.services.messages.versions import answer_question, edit_question
from apps.generation.models import Generation
from tests.chat.exchanges import answer, answered_conversation, answered_message
from tests.conftest import SignedIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Three questions with their replies."""
    talk = answered_conversation(alice, "one", "first")
    answered_message(talk, "two", "second")
    answered_message(talk, "three", "third")
    return talk


def question(talk: Conversation, text: str) -> Message:
    return talk.messages.get(question=text)


def shown(talk: Conversation) -> list[tuple[int, str]]:
    talk.refresh_from_db()
    return [(message.position, message.text) for message in talk.thread.in_order()]


def test_exchange_in_the_middle_goes(talk: Conversation) -> None:
    delete_exchange(question=question(talk, "two"))
    assert shown(talk) == [(1, "one"), (2, "first"), (3, "three"), (4, "third")]
    assert Generation.objects.count() == 2
    last = talk.messages.get(position=4)
    assert last.turn_starts == [1, 3]
    answered_message(talk, "four", "fourth")
    assert shown(talk)[-1] == (6, "fourth")


def test_first_exchange_goes(talk: Conversation) -> None:
    delete_exchange(question=question(talk, "one"))
    assert shown(talk) == [(1, "two"), (2, "second"), (3, "three"), (4, "third")]
    assert talk.messages.get(position=1).parent is None


def test_last_exchange_goes(talk: Conversation) -> None:
    delete_exchange(question=question(talk, "three"))
    assert shown(talk) == [(1, "one"), (2, "first"), (3, "two"), (4, "second")]


def test_only_exchange_leaves_an_empty_conversation(alice: User, signed_in: SignedIn) -> None:
    talk = answered_conversation(alice, "one", "first")
    delete_exchange(question=question(talk, "one"))
    assert shown(talk) == []
    assert signed_in(alice).get(talk.get_absolute_url()).status_code == 200
    answered_message(talk, "two", "second")
    assert shown(talk) == [(1, "two"), (2, "second")]


def test_other_versions_stay(talk: Conversation) -> None:
    """The second question has two versions, and the first has two replies; each was continued."""
    answer(edit_question(question=question(talk, "two"), text="two again"), "second again")
    answer(answer_question(question=question(talk, "two")), "second, otherwise")
    answered_message(talk, "three, otherwise", "third, otherwise")
    delete_exchange(question=question(talk, "two"))
    assert shown(talk)[2:] == [(3, "three, otherwise"), (4, "third, otherwise")]
    beside = talk.messages.filter(position=3).order_by("version")
    assert [message.question for message in beside] == ["two again", "three", "three, otherwise"]
    assert len({message.version for message in beside}) == 3


def test_question_beside_it_is_shown_where_nothing_follows(alice: User) -> None:
    talk = answered_conversation(alice, "one", "first")
    answer(edit_question(question=question(talk, "one"), text="one again"), "first again")
    delete_exchange(question=question(talk, "one again"))
    assert shown(talk) == [(1, "one"), (2, "first")]


def test_nothing_is_deleted_while_a_reply_is_being_written(talk: Conversation) -> None:
    send_message(conversation=talk, text="four")
    with pytest.raises(ReplyInProgress):
        delete_exchange(question=question(talk, "two"))


def test_replies_alone_are_not_deleted(talk: Conversation) -> None:
    with pytest.raises(NoQuestion):
        delete_exchange(question=talk.messages.filter(role=Role.ASSISTANT)[0])


def test_stranger_gets_404(talk: Conversation, alice: User, bob: User, signed_in: SignedIn) -> None:
    address = f"{talk.get_absolute_url()}{question(talk, 'two').pk}/delete/"
    assert address in signed_in(alice).get(talk.get_absolute_url()).text
    assert signed_in(bob).post(address).status_code == 404
    assert len(shown(talk)) == 6
    assert signed_in(alice).post(address).status_code == 302
    assert len(shown(talk)) == 4
