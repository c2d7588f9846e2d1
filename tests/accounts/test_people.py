"""``/accounts/people/``: staff invite people, switch them off, and make admins; one admin always stays."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.accounts.errors import InvitationInvalid, LastAdmin
from apps.accounts.invitations import accept_invitation, invite
from apps.accounts.keys.api_keys import issue_api_key, use_api_key
from apps.accounts.models import Invitation, User
from apps.accounts.people import delete_person, switch_off, unmake_admin
from apps.accounts.services import create_user
from tests.support.sign_in_form import sign_in_form

PAGE = "/accounts/people/"
PASSWORD = "correct horse battery"
ONLY_ADMIN = "This is the only admin. Make somebody else an admin first."


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose


@pytest.fixture
def admin(db: None) -> User:
    return create_user(username="admin", staff=True)[0]


@pytest.fixture
def page(client: Client, admin: User) -> Client:
    """The admin, signed in."""
    client.force_login(admin)
    return client


@pytest.fixture
def helper(db: None) -> User:
    """Staff, but no admin."""
    return User.objects.create_user("helper", is_staff=True)


def link_in(page: str) -> str:
    found = re.search(r"http\S+/accounts/join/\?token=[\w-]+", page)
    assert found
    return found[0].removeprefix(django_settings.PUBLIC_URL)


def join(link: str, username: str, *, password: str = PASSWORD) -> tuple[Client, Any]:
    browser = Client()
    shown = browser.get(link)
    if shown.status_code != 200:
        return browser, shown
    address, fields = sign_in_form(shown.text)
    return browser, browser.post(
        address, {**fields, "username": username, "password1": password, "password2": password}
    )


def act(client: Client, person: User, action: str) -> str:
    return str(client.post(f"{PAGE}{person.pk}/{action}/", follow=True).text)


def test_somebody_is_invited_and_joins_once(page: Client) -> None:
    link = link_in(page.post(PAGE, {"note": "Dana of the data team", "days": "7"}).text)
    assert "Dana of the data team" in page.get(PAGE).text
    assert link not in page.get(PAGE).text
    browser, joined = join(link, "dana")
    assert joined["Location"] == "/chat/"
    dana = User.objects.get(username="dana")
    assert browser.session["_auth_user_id"] == str(dana.pk)
    assert not dana.is_staff
    assert dana.check_password(PASSWORD)
    assert join(link, "eve")[1].status_code == 403
    assert not User.objects.filter(username="eve").exists()
    assert "Dana of the data team" not in page.get(PAGE).text


def test_fetching_an_invitation_does_not_use_it_up(admin: User) -> None:
    link = invite(by=admin, note="Dana", for_admin=False, days=1).removeprefix(django_settings.PUBLIC_URL)
    for _ in range(3):
        shown = Client().get(link)
        assert shown.status_code == 200
        assert shown["Referrer-Policy"] == "strict-origin"
    assert join(link, "dana")[1].status_code == 302


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1)),
        lambda: Invitation.objects.all().delete(),
        lambda: User.objects.filter(username="admin").update(is_active=False),
        lambda: User.objects.filter(username="admin").update(is_staff=False),
    ],
    ids=["too old", "withdrawn", "by somebody switched off", "by nobody of the staff"],
)
def test_an_invitation_that_is_void_is_refused(admin: User, spoil: Any) -> None:
    link = invite(by=admin, note="Dana", for_admin=False, days=1).removeprefix(django_settings.PUBLIC_URL)
    spoil()
    refused = join(link, "dana")[1]
    assert refused.status_code == 403
    assert "This invitation does not work" in refused.text
    assert not User.objects.filter(username="dana").exists()


@pytest.mark.parametrize(
    ("username", "password", "sentence"),
    [
        ("admin", PASSWORD, "already exists"),
        ("ADMIN", PASSWORD, "already exists"),
        ("two words", PASSWORD, "Enter a valid username"),
        ("dana", "short", "too short"),
        ("dana", "password1234", "too common"),
    ],
)
def test_what_is_wrong_is_said_and_the_invitation_stays(
    admin: User, username: str, password: str, sentence: str
) -> None:
    link = invite(by=admin, note="Dana", for_admin=False, days=1).removeprefix(django_settings.PUBLIC_URL)
    refused = join(link, username, password=password)[1]
    assert refused.status_code == 422
    assert sentence in refused.text
    assert join(link, "dana")[1].status_code == 302


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_join_one(transactional_db: None) -> None:
    admin = create_user(username="admin", staff=True)[0]
    token = invite(by=admin, note="Dana", for_admin=False, days=1).partition("token=")[2]

    def accept(username: str) -> bool:
        try:
            accept_invitation(token=token, username=username, password=PASSWORD)
        except InvitationInvalid:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(accept, ["dana", "eve"])) == [False, True]
    assert User.objects.exclude(pk=admin.pk).count() == 1


def test_staff_invite_users_and_only_admins_invite_admins(client: Client, admin: User, helper: User) -> None:
    client.force_login(helper)
    assert "Make them an admin" not in client.get(PAGE).text
    link = link_in(client.post(PAGE, {"note": "Eve", "days": "7", "for_admin": "on"}).text)
    join(link, "eve")
    assert not User.objects.get(username="eve").is_superuser
    client.force_login(admin)
    join(link_in(client.post(PAGE, {"note": "Dana", "days": "7", "for_admin": "on"}).text), "dana")
    assert User.objects.get(username="dana").is_admin


def test_an_invitation_is_withdrawn(page: Client, admin: User) -> None:
    link = invite(by=admin, note="Dana", for_admin=False, days=1).removeprefix(django_settings.PUBLIC_URL)
    assert (
        "The invitation was withdrawn."
        in page.post(f"{PAGE}invitations/{Invitation.objects.get().pk}/withdraw/", follow=True).text
    )
    assert join(link, "dana")[1].status_code == 403


def test_somebody_switched_off_is_signed_out_and_stays_out(page: Client, alice: User) -> None:
    alice.set_password(PASSWORD)
    alice.save()
    browser = Client()
    browser.post("/accounts/sign-in/", {"username": "alice", "password": PASSWORD})
    key = issue_api_key(owner=alice)
    assert browser.get("/accounts/").status_code == 200
    assert "alice is switched off." in act(page, alice, "switch-off")
    assert browser.get("/accounts/").status_code == 302
    assert use_api_key(key) is None
    browser.post("/accounts/sign-in/", {"username": "alice", "password": PASSWORD})
    assert browser.get("/accounts/").status_code == 302
    assert "alice is switched on." in act(page, alice, "switch-on")
    browser.post("/accounts/sign-in/", {"username": "alice", "password": PASSWORD})
    assert browser.get("/accounts/").status_code == 200


@pytest.mark.parametrize("action", ["switch-off", "unmake-admin"])
def test_the_last_admin_stays(page: Client, admin: User, alice: User, action: str) -> None:
    assert ONLY_ADMIN in act(page, admin, action)
    admin.refresh_from_db()
    assert admin.is_admin
    act(page, alice, "make-admin")
    assert ONLY_ADMIN not in act(page, admin, action)
    admin.refresh_from_db()
    assert not admin.is_admin


def test_an_admin_who_is_switched_off_does_not_count(page: Client, admin: User, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_superuser=True, is_staff=True, is_active=False)
    with pytest.raises(LastAdmin):
        switch_off(person=admin)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [switch_off, unmake_admin, delete_person])
def test_two_admins_who_remove_each_other_at_once_leave_one(transactional_db: None, change: Any) -> None:
    people = [create_user(username=name, staff=True)[0] for name in ("one", "two")]

    def remove(person: User) -> bool:
        try:
            change(person=person)
        except LastAdmin:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(remove, people)) == [False, True]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_the_admin_site_keeps_the_last_admin_too(page: Client, admin: User, alice: User) -> None:
    address = f"/admin/accounts/user/{admin.pk}"
    form = {"username": "admin", "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "is_active": "on"}
    assert ONLY_ADMIN in page.post(f"{address}/change/", form).text
    assert ONLY_ADMIN in page.post(f"{address}/delete/", {"post": "yes"}).text
    chosen = {"action": "delete_selected", "_selected_action": [admin.pk, alice.pk], "post": "yes"}
    assert ONLY_ADMIN in page.post("/admin/accounts/user/", chosen).text
    assert User.objects.filter(pk__in=[admin.pk, alice.pk]).count() == 2
    admin.refresh_from_db()
    assert admin.is_admin
    assert page.post(f"/admin/accounts/user/{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=alice.pk).exists()


@pytest.mark.parametrize("action", ["switch-off", "make-admin", "unmake-admin", "remove-factors", "link"])
def test_staff_do_not_touch_admins_nor_themselves(client: Client, admin: User, helper: User, action: str) -> None:
    client.force_login(helper)
    for person in (admin, helper):
        assert client.post(f"{PAGE}{person.pk}/{action}/").status_code == 404
    admin.refresh_from_db()
    helper.refresh_from_db()
    assert admin.is_admin
    assert not helper.is_superuser


@pytest.mark.parametrize("action", ["make-admin", "remove-factors", "link"])
def test_staff_cannot_become_somebody_else(client: Client, alice: User, helper: User, action: str) -> None:
    client.force_login(helper)
    assert client.get(f"{PAGE}{alice.pk}/").status_code == 200, "a user whom staff may change"
    assert client.post(f"{PAGE}{alice.pk}/{action}/").status_code == 404


def test_an_admin_helps_somebody_who_cannot_sign_in(page: Client, alice: User) -> None:
    TOTP.activate(alice, "A" * 32)
    act(page, alice, "remove-factors")
    assert not Authenticator.objects.exists()
    shown = page.post(f"{PAGE}{alice.pk}/link/").text
    found = re.search(r"/accounts/sign-in/link/\?token=[\w:-]+", shown)
    assert found
    browser = Client()
    address, fields = sign_in_form(browser.get(found[0]).text)
    assert browser.post(address, fields)["Location"] == "/chat/"


def test_secrets_of_sign_in_are_not_in_the_admin(page: Client, alice: User) -> None:
    assert page.get("/admin/accounts/user/").status_code == 200
    for address in ("mfa/authenticator", "usersessions/usersession", "socialaccount/socialtoken"):
        assert page.get(f"/admin/{address}/").status_code == 404


def test_a_command_helps_the_only_admin(admin: User) -> None:
    TOTP.activate(admin, "A" * 32)
    output = StringIO()
    call_command("remove_second_factors", "admin", stdout=output)
    assert output.getvalue() == "Removed 1.\n"
    assert not Authenticator.objects.exists()
    with pytest.raises(CommandError, match="There is no user named 'nobody'"):
        call_command("remove_second_factors", "nobody")
