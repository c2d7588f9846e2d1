"""Staff do not read people's prompts and replies in the admin, unless a setting allows it and the audit log says so."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.chat.models import Attachment, Conversation, Folder, Message, QueuedMessage, Share
from apps.chat.services.messages.attach import attach_file
from apps.chat.services.share import share_conversation
from apps.generation.models import Generation, State
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import Outcome, finish_generation
from apps.generation.services.start import start_generation
from apps.playground.models import Kind, Output, Run
from tests.chat.exchanges import answered_conversation

ASKED = "squirrels in the server room"
REPLY = "feed them walnuts"
SYSTEM = "speak like a walrus"
TEXTS = (ASKED, REPLY, SYSTEM)


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("staff"))
    return client


@pytest.fixture
def of_the_api(alice: User) -> Generation:
    """A generation that an API key asked for, with everything that a person could have written."""
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED}]
    with transaction.atomic():
        start_generation(owner=alice, variant="instruct", messages=messages, parameters={"stop": [ASKED]})
        claimed = claim_next(variant="instruct", worker="test")
        assert claimed is not None
        outcome = Outcome(State.SUCCEEDED, REPLY, sent=[{"body": ASKED}])
        assert finish_generation(generation_id=claimed.pk, attempt=claimed.attempt, outcome=outcome)
    Generation.objects.filter(pk=claimed.pk).update(prompt=ASKED, suffix=ASKED)
    return claimed


@pytest.fixture
def everything(alice: User, of_the_api: Generation) -> dict[str, Any]:
    """One record of each kind that holds text of people, by its address in the admin."""
    conversation = answered_conversation(alice, ASKED, REPLY)
    Conversation.objects.filter(pk=conversation.pk).update(system_prompt=SYSTEM)
    conversation.refresh_from_db()
    assert conversation.title == ASKED
    share_conversation(conversation=conversation)
    attach_file(owner=alice, conversation=None, name=f"{ASKED}.txt", content=REPLY.encode())
    run = Run.objects.create(owner=alice, kind=Kind.COMPLETE, before=ASKED, after=REPLY, settings={"system": SYSTEM})
    Output.objects.create(run=run, generation=of_the_api)
    folder = Folder.objects.create(owner=alice, name=f"On {ASKED}", system_prompt=SYSTEM)
    QueuedMessage.objects.create(conversation=conversation, text=ASKED, key=uuid4())
    return {
        "chat_folder": folder.pk,
        "chat_queuedmessage": conversation.pk,
        "generation_generation": of_the_api.pk,
        "chat_conversation": conversation.pk,
        "chat_message": Message.objects.get(role="user").pk,
        "chat_share": Share.objects.get().pk,
        "chat_attachment": Attachment.objects.get().pk,
        "playground_run": run.pk,
    }


def pages_of(staff: Client, everything: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """List, record, history and deletion of each kind, and the deletion of the person who owns them."""
    for kind, pk in everything.items():
        yield f"{kind} list", staff.get(reverse(f"admin:{kind}_changelist")).text
        for page in ("change", "history", "delete"):
            yield f"{kind} {page}", staff.get(reverse(f"admin:{kind}_{page}", args=[pk])).text
    owner = User.objects.get(username="alice").pk
    yield "deletion of the owner", staff.get(reverse("admin:accounts_user_delete", args=[owner])).text


def test_no_page_of_the_admin_shows_text_of_people(staff: Client, everything: dict[str, Any]) -> None:
    seen = 0
    for name, page in pages_of(staff, everything):
        assert "Django administration" in page, name
        assert [text for text in TEXTS if text in page] == [], name
        seen += 1
    assert seen == 4 * len(everything) + 1
    assert not AuditEntry.objects.exists()


def test_with_the_setting_staff_read_it_and_the_audit_log_says_so(
    staff: Client, everything: dict[str, Any], settings: Any
) -> None:
    settings.ADMIN_READS_PROMPTS = True
    generation = everything["generation_generation"]
    page = staff.get(reverse("admin:generation_generation_change", args=[generation])).text
    assert [text for text in TEXTS if text not in page] == []
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_name, entry.address) == ("prompts read", "staff", "127.0.0.1")
    assert f"generation {generation}" in entry.subject
    assert "alice" in entry.subject
    assert ASKED in staff.get(reverse("admin:chat_conversation_changelist")).text
    assert AuditEntry.objects.first().subject == "list of conversations"  # type: ignore[union-attr]
    assert [entry for entry in AuditEntry.objects.all() if any(text in str(vars(entry)) for text in TEXTS)] == []


@pytest.mark.parametrize(
    ("kind", "lookup"),
    [
        ("generation_generation", "text__icontains"),
        ("generation_generation", "prompt__startswith"),
        ("generation_generation", "messages__icontains"),
        ("chat_conversation", "title__icontains"),
        ("chat_message", "question__icontains"),
        ("chat_message", "conversation__title__icontains"),
        ("chat_message", "generation__text__icontains"),
        ("chat_folder", "name__startswith"),
        ("chat_queuedmessage", "text__icontains"),
        ("playground_run", "before__icontains"),
    ],
)
def test_filters_in_the_address_find_out_nothing(
    staff: Client, everything: dict[str, Any], kind: str, lookup: str
) -> None:
    answered = [staff.get(reverse(f"admin:{kind}_changelist"), {lookup: text}) for text in (ASKED, "penguin")]
    assert [(response.status_code, response.get("Location", "")) for response in answered] == [(400, "")] * 2


@pytest.mark.parametrize("kind", ["chat_conversation", "chat_message", "chat_share", "chat_attachment"])
def test_searches_find_owners_and_no_text(staff: Client, everything: dict[str, Any], kind: str) -> None:
    def found(term: str) -> int:
        changelist = staff.get(reverse(f"admin:{kind}_changelist"), {"q": term})
        return int(changelist.context["cl"].result_count)

    assert found("alice") > 0
    assert found("squirrels") == 0


@pytest.mark.parametrize("allowed", [False, True])
def test_nobody_makes_a_record_of_others_their_own(
    staff: Client, everything: dict[str, Any], settings: Any, *, allowed: bool
) -> None:
    settings.ADMIN_READS_PROMPTS = allowed
    thief = User.objects.get(username="staff").pk
    for kind, pk in everything.items():
        address = reverse(f"admin:{kind}_change", args=[pk])
        assert staff.post(address, {"owner": thief, "title": "Mine"}).status_code == 403
        assert staff.get(reverse(f"admin:{kind}_add")).status_code == 403
    assert Conversation.objects.get().owner.username == "alice"


def test_deleting_is_recorded_without_text(staff: Client, everything: dict[str, Any]) -> None:
    pk = everything["chat_conversation"]
    address = reverse("admin:chat_conversation_delete", args=[pk])
    assert staff.post(address, {"post": "yes"}).status_code == 302
    assert not Conversation.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject) == ("record deleted", f"conversation {pk} of alice")
    assert ASKED not in staff.get("/admin/").text
