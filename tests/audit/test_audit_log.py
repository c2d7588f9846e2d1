"""The audit log: who, when, what and from where, and read-only."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from apps.accounts.keys.api_keys import issue_api_key, use_api_key
from apps.accounts.models import ApiKey, User
from apps.audit.models import Action, AuditEntry
from apps.audit.origin import origin_kept
from apps.audit.services import record
from apps.endpoints.services import add_endpoint, remove_endpoint, set_endpoint_state


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


def entries() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("actor_name", "action", "subject"))


@pytest.fixture
def staff(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_superuser("staff"))
    return client


def test_keys_are_made_and_revoked(client: Client, alice: User) -> None:
    client.force_login(alice)
    client.post("/accounts/keys/", {"name": "editor", "lasts": "30", "requests_per_minute": "60"})
    key = ApiKey.objects.get()
    client.post(f"/accounts/keys/{key.pk}/revoke/")
    client.post(f"/accounts/keys/{key.pk}/revoke/")
    assert entries() == [("alice", "key made", f"{key} of alice"), ("alice", "key revoked", f"{key} of alice")]
    first = AuditEntry.objects.order_by("pk")[0]
    assert (first.details, first.address) == ("60 requests a minute", "127.0.0.1")


def test_a_key_leaves_one_entry_a_day_from_each_address(alice: User) -> None:
    secret = issue_api_key(owner=alice)
    AuditEntry.objects.all().delete()

    def use(address: str) -> None:
        ApiKey.objects.update(last_used_at=None)
        with origin_kept(RequestFactory().get("/v1/models", REMOTE_ADDR=address)):
            assert use_api_key(secret) is not None

    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1"):
        use(address)
    used = AuditEntry.objects.filter(action=Action.KEY_USED)
    assert sorted(used.values_list("address", flat=True)) == ["10.0.0.1", "10.0.0.2"]
    assert {(entry.actor, entry.key_prefix) for entry in used} == {(alice, ApiKey.objects.get().prefix)}
    used.update(at=timezone.now() - timedelta(days=2))
    use("10.0.0.1")
    assert used.count() == 3


def test_people_are_switched_off_and_changed(staff: Client, alice: User) -> None:
    address = reverse("admin:accounts_user_change", args=[alice.pk])
    joined = f"{alice.date_joined:%Y-%m-%d}", f"{alice.date_joined:%H:%M:%S}"
    unchanged = {"username": "alice", "date_joined_0": joined[0], "date_joined_1": joined[1]}
    assert staff.post(address, {**unchanged, "first_name": "Alice"}).status_code == 302
    assert staff.post(address, {**unchanged, "is_active": "on", "first_name": "Alice"}).status_code == 302
    assert staff.post(address, {**unchanged, "is_active": "on", "first_name": "A."}).status_code == 302
    assert entries() == [
        ("staff", "person switched off", "user alice"),
        ("staff", "person switched on", "user alice"),
        ("staff", "record changed", "user alice"),
    ]


def test_commands_make_people_and_links(db: None) -> None:
    for arguments in (["create_user", "dora"], ["create_user", "dora", "--staff"], ["create_user", "dora", "--staff"]):
        call_command(*arguments, stdout=StringIO())
    call_command("sign_in_url", "dora", stdout=StringIO())
    assert entries() == [
        ("command line", "person added", "dora"),
        ("command line", "rights given", "dora"),
        ("command line", "sign-in link made", "dora"),
    ]


def test_endpoints_are_changed_without_their_tokens(alice: User) -> None:
    endpoint = add_endpoint(
        name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct", token="a-secret", by=alice
    )
    set_endpoint_state(name="gpu-1", state="draining")
    remove_endpoint(endpoint=endpoint, by=alice)
    assert entries() == [
        ("alice", "endpoint changed", "gpu-1"),
        ("command line", "endpoint changed", "gpu-1"),
        ("alice", "endpoint changed", "gpu-1"),
    ]
    details = list(AuditEntry.objects.order_by("pk").values_list("details", flat=True))
    assert details == ["endpoint added; token set", "state: enabled → draining", "endpoint removed"]
