"""Copies shared by link: what is in them, who may read them, and that a revoked one is gone."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.errors import NothingToShare, ReplyInProgress
from apps.chat.models import Attachment, Conversation, Share
from apps.chat.services.delete import delete_conversation, restore_conversation
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.messages.versions import answer_again
from apps.chat.services.organize import rename_conversation
from apps.chat.services.share import revoke_share, share_conversation
from apps.generation.models import State
from tests.chat.exchanges import answer, answered_conversation, answered_message
from tests.conftest import SignedIn
from tests.support.markup import Markup


@pytest.fixture
def share(alice: User) -> Share:
    return share_conversation(conversation=answered_conversation(alice, "What is a <list>?", "A **sequence**."))


def body(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.partition("<main")[2])


def test_team_mate_reads_the_copy(share: Share, bob: User, signed_in: SignedIn) -> None:
    page = signed_in(bob).get(share.get_absolute_url())
    assert page.status_code == 200
    assert "What is a &lt;list&gt;?" in page.text
    assert "A <strong>sequence</strong>." in page.text
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in page.text


def test_copy_does_not_change_with_the_conversation(share: Share, bob: User, signed_in: SignedIn) -> None:
    before = body(signed_in(bob).get(share.get_absolute_url()).text)
    conversation = share.conversation
    answer(answer_again(reply=conversation.thread.latest("position")), "In other words.")
    answered_message(conversation, "secret question", "secret reply")
    rename_conversation(conversation=conversation, title="Secret title")
    assert body(signed_in(bob).get(share.get_absolute_url()).text) == before


def test_copy_holds_nothing_but_what_is_shown(share: Share) -> None:
    share.refresh_from_db()
    assert {frozenset(turn) for turn in share.turns} == {frozenset({"role", "text", "at"})}


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (State.SUCCEEDED, "The model answered with nothing."),
        (State.FAILED, "The reply failed."),
        (State.CANCELLED, "The reply was stopped."),
    ],
)
def test_blank_reply_of_a_copy_says_why(share: Share, signed_in: SignedIn, state: State, sentence: str) -> None:
    reader = signed_in(share.conversation.owner)
    assert "message__note" not in reader.get(share.get_absolute_url()).text
    answer(send_message(conversation=share.conversation, text="And a set?"), " \n", state=state)
    copy = share_conversation(conversation=share.conversation)
    assert re.findall('message__note">(.*?)<', reader.get(copy.get_absolute_url()).text) == [sentence]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [(State.FAILED, "The reply broke off here."), (State.CANCELLED, "The reply was stopped here.")],
)
def test_incomplete_reply_of_a_copy_says_so(share: Share, signed_in: SignedIn, state: State, sentence: str) -> None:
    answer(send_message(conversation=share.conversation, text="And a set?"), "A set is", state=state)
    copy = share_conversation(conversation=share.conversation)
    page = signed_in(share.conversation.owner).get(copy.get_absolute_url()).text
    assert re.findall(r'<p>A set is</p>\s*</div>\s*<p class="message__note">(.*?)<', page) == [sentence]


def test_blank_reply_of_an_older_copy_is_explained(share: Share, signed_in: SignedIn) -> None:
    share.turns[1]["text"] = ""
    share.save(update_fields=["turns"])
    page = signed_in(share.conversation.owner).get(share.get_absolute_url()).text
    assert re.findall('message__note">(.*?)<', page) == ["The model answered with nothing."]


@pytest.fixture
def share_with_file(alice: User) -> Share:
    file = attach_file(owner=alice, conversation=None, name="<b>.py", content=b"x = '<script>'\n")
    return share_conversation(
        conversation=answer(
            start_conversation(owner=alice, text="Explain.", files=[file.pk]), "It sets x."
        ).conversation
    )


def test_copy_has_the_files_of_its_questions(share_with_file: Share, bob: User, signed_in: SignedIn) -> None:
    page = body(signed_in(bob).get(share_with_file.get_absolute_url()).text)
    address = f"{share_with_file.get_absolute_url()}files/0/"
    assert f'href="{address}"' in page
    assert "15\xa0bytes, 1 line" in page
    Attachment.objects.all().delete()  # the copy has its own
    for shown in (signed_in(bob).get(address), signed_in(bob).get(f"{address}text/")):
        assert shown.status_code == 200
        assert shown["X-Robots-Tag"] == "noindex, nofollow"
        assert shown["Referrer-Policy"] == "no-referrer"
    assert "&lt;script&gt;" in signed_in(bob).get(address).text
    download = signed_in(bob).get(f"{address}text/")
    assert download.content == b"x = '<script>'\n"
    assert download["Content-Disposition"].startswith("attachment; ")
    assert download["Content-Type"] == "text/plain; charset=utf-8"


def test_files_of_a_copy_are_read_by_those_who_may_read_it(
    share_with_file: Share, client: Client, bob: User, signed_in: SignedIn
) -> None:
    for ending in ("files/0/", "files/0/text/"):
        address = share_with_file.get_absolute_url() + ending
        assert client.get(address).status_code == 302
        assert signed_in(bob).get(address).status_code == 200
        for missing in ("1", "99999999999999999999"):
            assert signed_in(bob).get(address.replace("/0/", f"/{missing}/")).status_code == 404
    revoke_share(share=share_with_file)
    assert signed_in(bob).get(share_with_file.get_absolute_url() + "files/0/").status_code == 404


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_person_reads_what_a_copy_would_have_before_there_is_one(
    share_with_file: Share, bob: User, signed_in: SignedIn, settings: Settings, headers: dict[str, str]
) -> None:
    alice = share_with_file.conversation.owner
    address = reverse("chat:share", args=[share_with_file.conversation_id])
    page = Markup(signed_in(alice).get(address, headers=headers).text).text
    assert "Everybody who has the link and an account here" in page
    assert "The 2 messages shown now, with 1 attached file." in page
    assert "1 of this conversation" in page
    settings.SHARE_LINKS_PUBLIC = True
    plain = reverse("chat:share", args=[answered_conversation(alice, "one", "first").pk])
    page = Markup(signed_in(alice).get(plain, headers=headers).text).text
    assert "an account here" not in page
    assert "The 2 messages shown now. Later" in page
    assert "of this conversation" not in page
    assert Share.objects.count() == 1
    assert signed_in(bob).get(plain, headers=headers).status_code == 404


def test_copy_leads_nowhere_into_the_conversation(share: Share, bob: User, signed_in: SignedIn) -> None:
    page = body(signed_in(bob).get(share.get_absolute_url()).text)
    assert [link for link in Markup(page).links if str(share.conversation_id) in link] == []
    assert re.findall(r"<form ([^ >]+)", page) == ['id="open-in-playground"'], "nothing here changes the conversation"
    assert signed_in(bob).get(share.conversation.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("public", [False, True])
def test_who_is_not_signed_in_reads_it_only_if_links_are_public(
    share: Share, client: Client, settings: Settings, *, public: bool
) -> None:
    settings.SHARE_LINKS_PUBLIC = public
    page = client.get(share.get_absolute_url())
    assert page.status_code == (200 if public else 302)
    never = client.get(reverse("chat:shared", args=["A" * 22]))
    assert never.status_code == (404 if public else 302)
    assert "alice" not in page.text


def test_revoked_link_is_dead_at_once(share: Share, alice: User, bob: User, signed_in: SignedIn) -> None:
    reader = signed_in(bob)
    assert reader.get(share.get_absolute_url()).status_code == 200
    owner = signed_in(alice)
    listed = reverse("chat:shares")
    assert share.get_absolute_url() in owner.get(listed).text
    revoke = reverse("chat:revoke_share", args=[share.pk])
    assert reader.post(revoke).status_code == 404
    assert owner.post(revoke)["Location"] == listed
    assert share.get_absolute_url() not in owner.get(listed).text
    assert reader.get(share.get_absolute_url()).status_code == 404
    assert owner.get(share.get_absolute_url()).status_code == 404


def test_link_goes_with_its_conversation_and_its_owner(
    share: Share, alice: User, bob: User, signed_in: SignedIn
) -> None:
    reader = signed_in(bob)
    delete_conversation(conversation=share.conversation)
    assert reader.get(share.get_absolute_url()).status_code == 404
    restore_conversation(conversation=share.conversation)
    assert reader.get(share.get_absolute_url()).status_code == 200
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert reader.get(share.get_absolute_url()).status_code == 404


def test_addresses_cannot_be_guessed(share: Share) -> None:
    again = share_conversation(conversation=share.conversation)
    assert again.token != share.token
    assert re.fullmatch(r"[\w-]{22}", share.token)  # 128 bits


def test_list_is_ones_own(share: Share, bob: User, signed_in: SignedIn) -> None:
    own = share_conversation(conversation=answered_conversation(bob, "His", "own"))
    page = signed_in(bob).get(reverse("chat:shares")).text
    assert own.get_absolute_url() in page
    assert share.get_absolute_url() not in page


def test_link_is_made_and_shown(alice: User, signed_in: SignedIn) -> None:
    address = reverse("chat:share", args=[answered_conversation(alice, "one", "first").pk])
    answered = signed_in(alice).post(address)
    assert answered["Location"] == f"/chat/shares/#share-{Share.objects.get().pk}"
    in_dialog = signed_in(alice).post(address, headers={"HX-Request": "true"})
    assert Share.objects.latest("pk").get_absolute_url() in in_dialog.text


def test_only_what_is_finished_is_shared(alice: User, conversation: Conversation, signed_in: SignedIn) -> None:
    with pytest.raises(NothingToShare):
        share_conversation(conversation=conversation)
    running = start_conversation(owner=alice, text="one").conversation
    with pytest.raises(ReplyInProgress):
        share_conversation(conversation=running)
    refused = signed_in(alice).post(reverse("chat:share", args=[running.pk]))
    assert refused.status_code == 409
    assert "A reply is still being written." in refused.text
    stop_reply(conversation=running)
    assert not Share.objects.exists()


def test_shared_text_is_as_harmless_as_any(alice: User, bob: User, signed_in: SignedIn) -> None:
    hostile = "<img src=x onerror=alert(1)>\n\n[x](javascript:alert(1)) ![x](https://example.org/x.png)"
    share = share_conversation(conversation=answered_conversation(alice, hostile, hostile))
    page = body(signed_in(bob).get(share.get_absolute_url()).text)
    assert "onerror" in Markup(page).text
    assert "<img" not in page
    assert 'href="javascript' not in page
    revoke_share(share=share)
