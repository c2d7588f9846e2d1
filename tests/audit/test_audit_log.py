"""The audit log: who, when, what and from where, and read-only."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.audit.models import Action, AuditEntry
from apps.audit.services import record


@pytest.fixture
def entry(db: None) -> AuditEntry:
    return record(Action.RECORD_DELETED, subject="conversation 7 of alice")


def test_what_no_request_did_is_the_command_lines(entry: AuditEntry) -> None:
    assert (entry.actor, entry.actor_name, entry.address) == (None, "command line", "")


def test_entry_outlives_its_person(alice: User) -> None:
    record(Action.RECORD_ADDED, subject="preset 1", by=alice)
    alice.delete()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.actor_name) == (None, "alice")


def test_long_names_are_cut(alice: User) -> None:
    entry = record(Action.RECORD_ADDED, subject="s" * 1000, details="d" * 1000, by=alice)
    assert (len(entry.subject), len(entry.details)) == (200, 500)


def test_nobody_changes_it_in_the_admin(client: Client, entry: AuditEntry) -> None:
    client.force_login(User.objects.create_superuser("staff"))
    assert "conversation 7 of alice" in client.get(reverse("admin:audit_auditentry_changelist")).text
    assert "conversation 7 of alice" in client.get(reverse("admin:audit_auditentry_change", args=[entry.pk])).text
    address = reverse("admin:audit_auditentry_change", args=[entry.pk])
    attempts: list[tuple[str, dict[str, Any]]] = [
        (address, {"subject": "nothing"}),
        (reverse("admin:audit_auditentry_delete", args=[entry.pk]), {"post": "yes"}),
        (reverse("admin:audit_auditentry_add"), {"action": "record added", "actor_name": "alice"}),
    ]
    assert [client.post(*attempt).status_code for attempt in attempts] == [403, 403, 403]
    chosen = {"action": "delete_selected", "_selected_action": [str(entry.pk)], "post": "yes"}
    client.post(reverse("admin:audit_auditentry_changelist"), chosen)
    kept = AuditEntry.objects.get()
    assert kept.subject == "conversation 7 of alice"
