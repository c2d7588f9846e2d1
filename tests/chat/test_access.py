"""Access in the chat: other people's conversations answer 404."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.models import Conversation, Message
from apps.chat.services.messages.send import start_conversation
from apps.generation.models import Generation, State
from tests.chat.exchanges import failed_exchange
from tests.conftest import SignedIn

MESSAGE = {"message": "What is a list?"}


def addresses(conversation: Conversation) -> list[str]:
    return [conversation.get_absolute_url(), reverse("chat:stop", args=[conversation.pk])]


def test_owner_sees_his_conversation(alice: User, conversation: Conversation, signed_in: SignedIn) -> None:
    page = signed_in(alice).get(conversation.get_absolute_url())
    assert page.status_code == 200
    assert "About sorting" in page.text


def test_owner_asks_and_stops(alice: User, conversation: Conversation, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    show, stop = addresses(conversation)
    assert client.post(show, MESSAGE).status_code == 302
    assert Message.objects.count() == 2
    assert client.post(stop).status_code == 302
    assert Generation.objects.get().state == State.CANCELLED


@pytest.mark.parametrize("who", ["bob", "charlie", "staff"])
def test_for_anybody_else_it_is_not_there(
    who: str, request: pytest.FixtureRequest, alice: User, signed_in: SignedIn
) -> None:
    """Not for staff either: a conversation is its owner's."""
    conversation = start_conversation(owner=alice, text="secret plans").conversation
    client = signed_in(request.getfixturevalue(who))
    show, stop = addresses(conversation)
    for answer in (client.get(show), client.post(show, MESSAGE), client.post(stop)):
        assert answer.status_code == 404
        assert "secret plans" not in answer.text
    assert "secret plans" not in client.get(reverse("chat:home")).text
    assert Message.objects.count() == 2
    assert Generation.objects.get().state == State.QUEUED


def test_what_never_was_looks_the_same(alice: User, bob: User, conversation: Conversation, signed_in: SignedIn) -> None:
    never = reverse("chat:conversation", args=[uuid4()])
    pages = [signed_in(bob).get(address) for address in (conversation.get_absolute_url(), never)]
    assert [page.status_code for page in pages] == [404, 404]


def test_who_is_not_signed_in_is_asked_to(client: Client, conversation: Conversation) -> None:
    home = reverse("chat:home")
    show, stop = addresses(conversation)
    answers = [client.get(home), client.post(home, MESSAGE), client.get(show), client.post(show, MESSAGE)]
    for answer in [*answers, client.post(stop)]:
        assert answer.status_code == 302
        assert answer["Location"].startswith(reverse("accounts:sign_in"))
    assert not Message.objects.exists()


def test_person_who_was_locked_out_is_out_at_once(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert client.get(reverse("chat:home")).status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get(reverse("chat:home")).status_code == 302


def test_another_site_cannot_post(alice: User, conversation: Conversation) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    for address in (reverse("chat:home"), *addresses(conversation)):
        assert client.post(address, MESSAGE).status_code == 403
    assert not Message.objects.exists()


def test_stopping_is_not_done_by_following_a_link(alice: User, conversation: Conversation, signed_in: SignedIn) -> None:
    assert signed_in(alice).get(reverse("chat:stop", args=[conversation.pk])).status_code == 405


@pytest.mark.parametrize("name", ["continue", "retry"])
@pytest.mark.parametrize("who", ["bob", "staff"])
def test_nobody_else_goes_on_with_a_reply(
    who: str, name: str, request: pytest.FixtureRequest, alice: User, signed_in: SignedIn
) -> None:
    failed = failed_exchange(alice)
    address = reverse(f"chat:{name}", args=[failed.conversation.pk, failed.reply.pk])
    assert signed_in(request.getfixturevalue(who)).post(address).status_code == 404
    assert signed_in(alice).get(address).status_code == 405
    assert Message.objects.count() == 2
    assert Generation.objects.get().state == State.FAILED
    assert signed_in(alice).post(address).status_code == 302


@pytest.mark.parametrize("name", ["continue", "retry"])
def test_a_reply_is_found_only_in_its_own_conversation(name: str, alice: User, signed_in: SignedIn) -> None:
    one, other = failed_exchange(alice), failed_exchange(alice)
    wrong = reverse(f"chat:{name}", args=[one.conversation.pk, other.reply.pk])
    assert signed_in(alice).post(wrong).status_code == 404


def test_a_question_cannot_be_continued(alice: User, signed_in: SignedIn) -> None:
    one = failed_exchange(alice)
    question = reverse("chat:continue", args=[one.conversation.pk, one.question.pk])
    assert signed_in(alice).post(question).status_code == 404
