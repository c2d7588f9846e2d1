"""A reply is rated good or bad by its reader, and read in the admin; nothing else learns of it."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from apps.accounts.models import User
from apps.chat.errors import NotImportable
from apps.chat.models import Message, Rating, Role, Share
from apps.chat.services.fork import fork_conversation
from apps.chat.services.import_conversation import import_conversation
from apps.chat.services.messages.rate import rate_reply
from apps.chat.services.share import share_conversation
from apps.chat.transfer.export import as_json
from apps.chat.transfer.format import read_file
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation
from tests.conftest import SignedIn

HTMX = {"HX-Request": "true"}


@pytest.fixture
def reply(alice: User) -> Message:
    return answered_conversation(alice, "What is a list?", "An array that grows.").thread.get(role=Role.ASSISTANT)


def address(message: Message, rating: str) -> str:
    return reverse("chat:rate", args=[message.conversation_id, message.pk, rating])


def rating_of(message: Message) -> str:
    return Message.objects.values_list("rating", flat=True).get(pk=message.pk)


def pressed(html: str) -> list[str]:
    """The names of the buttons that are on, each of which must lead to taking it back."""
    buttons = [piece.partition(">")[0] for piece in html.split("<button")]
    on = [button for button in buttons if 'aria-pressed="true"' in button]
    assert all("/rate/none/" in button for button in on)
    return [button.partition('aria-label="')[2].partition('"')[0] for button in on]


def test_rating_is_kept_changed_and_taken_back(alice: User, reply: Message, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    page = reply.conversation.get_absolute_url()
    offered = browser.get(page).text
    assert [rating for rating in ("good", "bad", "none") if address(reply, rating) in offered] == ["good", "bad"]
    for rating, kept, shown in (("good", "good", ["Good reply"]), ("bad", "bad", ["Bad reply"]), ("none", "", [])):
        answered = browser.post(address(reply, rating), headers=HTMX)
        assert f'hx-target="#rating-{reply.pk}"' in answered.text
        assert (rating_of(reply), pressed(answered.text)) == (kept, shown)
        assert pressed(browser.get(page).text) == shown


def test_without_htmx_it_leads_back_to_the_reply(alice: User, reply: Message, signed_in: SignedIn) -> None:
    answered = signed_in(alice).post(address(reply, "bad"), follow=True)
    assert answered.redirect_chain[-1][0].endswith(f"#{reply.dom_id}")
    assert pressed(answered.text) == ["Bad reply"]


def test_only_replies_are_rated_and_only_good_or_bad(alice: User, reply: Message, signed_in: SignedIn) -> None:
    question = reply.conversation.thread.get(role=Role.USER)
    browser = signed_in(alice)
    assert browser.post(address(reply, "good")).status_code == 302
    assert browser.post(address(question, "good")).status_code == 404
    assert browser.post(address(reply, "fair")).status_code == 404
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=question.pk).update(rating="good")
    assert (rating_of(reply), rating_of(question)) == ("good", "")


def test_rating_goes_with_a_file_and_with_no_copy(alice: User, bob: User, reply: Message) -> None:
    rate_reply(reply=reply, rating=Rating.BAD)
    exported = as_json(reply.conversation)
    assert b'"rating": "bad"' in exported
    imported = import_conversation(owner=bob, file=read_file(exported))
    assert [message.rating for message in imported.thread.order_by("position")] == ["", "bad"]
    share_conversation(conversation=reply.conversation)
    assert [sorted(turn) for turn in Share.objects.get().turns] == [["at", "role", "text"]] * 2
    fork = fork_conversation(message=reply)
    assert [message.rating for message in fork.thread] == ["", ""]


def test_rated_question_in_a_file_is_refused(reply: Message) -> None:
    rated = as_json(reply.conversation).replace(b'"role": "user"', b'"rating": "good",\n"role": "user"')
    with pytest.raises(NotImportable) as refused:
        read_file(rated)
    assert "In messages[0].rating: only replies are rated." in refused.value.sentence


def test_admin_finds_bad_replies_of_a_model_server(
    alice: User, staff: User, reply: Message, signed_in: SignedIn
) -> None:
    other = answered_conversation(alice, "What is a set?", "A list.").thread.get(role=Role.ASSISTANT)
    endpoint = add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")
    Generation.objects.filter(message=reply).update(endpoint=endpoint)
    for message in (reply, other):
        rate_reply(reply=message, rating=Rating.BAD, comment="Wrong <b>order</b>")
    bad = {"rating__exact": "bad"}
    of_server = bad | {"generation__endpoint__id__exact": str(endpoint.pk)}
    listed = [signed_in(staff).get(reverse("admin:chat_message_changelist"), asked) for asked in ({}, bad, of_server)]
    assert [answered.context["cl"].result_count for answered in listed] == [4, 2, 1]
    assert '<td class="field-model_server">gpu-1</td>' in listed[2].text
    assert '<td class="field-comment">Wrong &lt;b&gt;order&lt;/b&gt;</td>' in listed[2].text


def test_comment_stands_beside_the_rating_and_goes_with_it(alice: User, reply: Message, signed_in: SignedIn) -> None:
    browser = signed_in(alice)
    page = reply.conversation.get_absolute_url()
    assert "Add a comment" not in browser.get(page).text
    assert "What was wrong?" in browser.post(address(reply, "bad"), headers=HTMX).text
    answered = browser.post(address(reply, "bad"), {"comment": "Wrong <b>order</b>"}, headers=HTMX)
    assert "Edit comment" in answered.text
    assert "Wrong &lt;b&gt;order&lt;/b&gt;" in browser.get(page).text
    refused = browser.post(address(reply, "bad"), {"comment": "x" * 501}, headers=HTMX)
    assert (refused.status_code, "at most 500 characters" in refused.text) == (422, True)
    browser.post(address(reply, "good"))
    reply.refresh_from_db()
    assert (reply.rating, reply.comment) == ("good", "Wrong <b>order</b>")
    fork = fork_conversation(message=reply)
    assert [message.comment for message in fork.thread] == ["", ""]
    browser.post(address(reply, "none"))
    reply.refresh_from_db()
    assert (reply.rating, reply.comment) == ("", "")
