"""Every change by admins, staff and keys leaves an entry in the audit log: a table of all addresses that change things.

An address that the table lacks fails, so that a new one says what it records.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from apps.accounts.keys.api_keys import issue_api_key
from apps.accounts.models import ApiKey, Invitation, User
from apps.audit.admin_rules import AuditedAdmin
from apps.audit.models import Action, AuditEntry
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from tests.project.access_table import ALL, For, audience_of

SERVER = {
    "name": "gpu-1",
    "url": "http://gpu-1:8080",
    "protocol": "tgi",
    "variant": "instruct",
    "max_concurrency": "9",
    "priority": "0",
    "state": "enabled",
}

# Addresses of staff, and of people's keys: what a POST records.
RECORDED: dict[str, tuple[Action, dict[str, Any]]] = {
    "accounts:people": (Action.PERSON_INVITED, {"note": "Dana", "days": "7"}),
    "accounts:withdraw": (Action.INVITATION_WITHDRAWN, {}),
    "accounts:make_link": (Action.LINK_MADE, {}),
    "accounts:change_groups": (Action.GROUPS_SET, {}),
    "accounts:change_person switch-off": (Action.PERSON_SWITCHED_OFF, {}),
    "accounts:change_person switch-on": (Action.PERSON_SWITCHED_ON, {}),
    "accounts:change_person make-admin": (Action.RIGHTS_GIVEN, {}),
    "accounts:change_person unmake-admin": (Action.RIGHTS_TAKEN, {}),
    "accounts:change_person remove-factors": (Action.FACTORS_REMOVED, {}),
    "accounts:keys": (Action.KEY_MADE, {"name": "editor", "lasts": "30"}),
    "accounts:revoke_key": (Action.KEY_REVOKED, {}),
    "endpoints:add": (Action.ENDPOINT_CHANGED, {**SERVER, "name": "gpu-2"}),
    "endpoints:change": (Action.ENDPOINT_CHANGED, SERVER),
    "endpoints:state": (Action.ENDPOINT_CHANGED, {"state": "draining"}),
    "endpoints:delete": (Action.ENDPOINT_CHANGED, {}),
}
# Addresses of staff that change nothing that is kept.
READ = {
    "accounts:person",
    "endpoints:list",
    "endpoints:activity",
    "endpoints:look",
    "endpoints:test",
    "endpoints:test_new",
    "endpoints:connection_test",
    "usage:everybody",
    "usage:everybody_csv",
    "usage:everybody_json",
    "styleguide",
}


def test_every_address_of_staff_says_what_it_records() -> None:
    of_staff = {name for name in ALL if audience_of(name) == For.STAFF}
    assert of_staff == {name.split()[0] for name in RECORDED if not name.startswith(KEYS)} | READ


KEYS = ("accounts:keys", "accounts:revoke_key")


@pytest.fixture
def staff(client: Client, db: None) -> User:
    person = User.objects.create_superuser("admin")
    client.force_login(person)
    return person


@pytest.fixture
def arguments(staff: User, alice: User) -> dict[str, Any]:
    issue_api_key(owner=staff, name="old")
    until = timezone.now() + timedelta(days=1)
    return {
        "person_id": alice.pk,
        "invitation_id": Invitation.objects.create(note="Eve", made_by=staff, expires_at=until).pk,
        "key_id": ApiKey.objects.get().pk,
        "endpoint_id": add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct").pk,
    }


@pytest.mark.parametrize("what", RECORDED)
def test_action_is_recorded_once(client: Client, staff: User, arguments: dict[str, Any], what: str) -> None:
    name, _, action = what.partition(" ")
    address = re.sub(r"<\w+:(\w+)>", lambda found: str({**arguments, "action": action}[found[1]]), ALL[name])
    AuditEntry.objects.all().delete()
    expected, form = RECORDED[what]
    assert client.post(address, form).status_code in {200, 302}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.address) == (expected, staff, "127.0.0.1")


# Pages of the admin that record in words of their own.
OF_THEIR_OWN = {"endpoints.Endpoint"}


def can_change(model_admin: "admin.ModelAdmin[Any]", request: Any) -> bool:
    rights = (model_admin.has_add_permission, model_admin.has_change_permission, model_admin.has_delete_permission)
    return any(may(request) for may in rights)


def test_every_page_of_the_admin_that_changes_things_records(rf: Any, staff: User) -> None:
    request = rf.get("/admin/")
    request.user = staff
    pages = [admin.site.get_model_admin(model) for model in apps.get_models() if admin.site.is_registered(model)]
    changing = [page for page in pages if can_change(page, request)]
    assert len(changing) > 20
    silent = {page.model._meta.label for page in changing if not isinstance(page, AuditedAdmin)}
    assert silent == OF_THEIR_OWN


def make_group() -> Group:
    return Group.objects.create(name="GPU team")


def make_server() -> Endpoint:
    return add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="instruct")


# By page of the admin: how to make a record, the fields of the form, and the entries of adding, changing and deleting.
PAGES: dict[str, tuple[Callable[[], Any], dict[str, Any], list[Action]]] = {
    "auth/group": (
        make_group,
        {"name": "Other team"},
        [Action.RECORD_ADDED, Action.RECORD_CHANGED, Action.RECORD_DELETED],
    ),
    "endpoints/endpoint": (make_server, {**SERVER, "name": "gpu-2"}, [Action.ENDPOINT_CHANGED] * 3),
}


@pytest.mark.parametrize("page", PAGES)
def test_the_admins_pages_record(client: Client, staff: User, page: str) -> None:
    make, form, actions = PAGES[page]
    made = make()
    AuditEntry.objects.all().delete()
    assert client.post(f"/admin/{page}/add/", form).status_code == 302
    assert client.post(f"/admin/{page}/{made.pk}/change/", {**form, "name": "new"}).status_code == 302
    assert client.post(f"/admin/{page}/{made.pk}/delete/", {"post": "yes"}).status_code == 302
    assert list(AuditEntry.objects.order_by("pk").values_list("action", flat=True)) == actions


def test_a_key_that_the_admin_deletes_or_revokes_is_recorded(client: Client, staff: User, alice: User) -> None:
    for name in ("one", "two"):
        issue_api_key(owner=alice, name=name)
    one, two = ApiKey.objects.order_by("pk")
    AuditEntry.objects.all().delete()
    client.post("/admin/accounts/apikey/", {"action": "revoke", "_selected_action": [one.pk]})
    assert client.post(f"/admin/accounts/apikey/{two.pk}/delete/", {"post": "yes"}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [one.pk], "post": "yes"}
    client.post("/admin/accounts/apikey/", chosen)
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "actor_name")) == [
        ("key revoked", "admin"),
        ("record deleted", "admin"),
        ("record deleted", "admin"),
    ]
