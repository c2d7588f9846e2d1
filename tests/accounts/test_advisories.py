"""Attacks on accounts of comparable products: forged headers, kept sessions, leaks in logs."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.core import signing
from django.core.cache import cache
from django.test import Client

from apps.accounts.invitations import invite
from apps.accounts.keys.api_keys import issue_api_key
from apps.accounts.models import User
from apps.accounts.services import create_user
from tests.support.forging import forged
from tests.support.sign_in_form import sign_in_form

PASSWORD = "correct horse battery"
PAGE = "/accounts/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any, db: None) -> None:
    cache.clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose


@pytest.fixture
def dana(db: None) -> User:
    return User.objects.create_user("dana", password=PASSWORD)


def sign_in(client: Client) -> Any:
    return client.post("/accounts/sign-in/", {"username": "dana", "password": PASSWORD})


@pytest.mark.parametrize(
    "header",
    [
        "Remote-User",
        "X-Remote-User",
        "X-Forwarded-User",
        "X-User",
        "X-User-Id",
        "X-Auth-User",
        "X-Api-Key",
        "Authorization",
    ],
)
def test_no_header_signs_in(client: Client, dana: User, header: str) -> None:
    for value in ("dana", str(dana.pk), f"Basic {dana.pk}", f"Bearer {dana.pk}"):
        assert client.get(PAGE, headers={header: value}).status_code == 302
    sign_in(client)
    assert client.get(PAGE).status_code == 200, "the page must be there for this test to mean anything"


def test_a_key_of_the_api_opens_no_page(client: Client, dana: User) -> None:
    key = issue_api_key(owner=dana)
    assert client.get(PAGE, headers={"Authorization": f"Bearer {key}"}).status_code == 302


def test_a_session_cannot_be_made_up(client: Client, dana: User) -> None:
    sign_in(client)
    real = client.cookies["sessionid"].value
    content = {key: client.session[key] for key in ("_auth_user_id", "_auth_user_backend", "_auth_user_hash")}
    for value in (signing.dumps(content, key="guessed"), signing.dumps(content), forged(real), str(dana.pk), ""):
        other = Client()
        other.cookies["sessionid"] = value
        assert other.get(PAGE).status_code == 302
    other = Client()
    other.cookies["sessionid"] = real
    assert other.get(PAGE).status_code == 200


def test_a_session_planted_before_the_sign_in_is_replaced(client: Client, dana: User) -> None:
    client.get("/accounts/sign-in/")
    client.session["planted"] = "1"
    session = client.session
    session["planted"] = "1"
    session.save()
    client.cookies["sessionid"] = planted = session.session_key or ""
    sign_in(client)
    assert client.cookies["sessionid"].value != planted
    other = Client()
    other.cookies["sessionid"] = planted
    assert other.get(PAGE).status_code == 302


def test_signing_out_ends_the_session_on_the_server(client: Client, dana: User) -> None:
    sign_in(client)
    kept = client.cookies["sessionid"].value
    client.post("/accounts/sign-out/")
    other = Client()
    other.cookies["sessionid"] = kept
    assert other.get(PAGE).status_code == 302
    sign_in(client)
    assert "This browser" in client.get(PAGE).text
    assert UserSession.objects.filter(user=dana).count() == 1


@pytest.mark.parametrize("cookie", ["sessionid", "known_browser"])
def test_cookies_are_for_this_site_alone(client: Client, dana: User, settings: Any, cookie: str) -> None:
    settings.SESSION_COOKIE_SECURE = True
    set_by = sign_in(client).cookies[cookie]
    assert set_by["httponly"]
    assert set_by["secure"]
    assert set_by["samesite"] == "Lax"
    assert set_by["domain"] == ""


def test_passwords_and_tokens_are_in_no_log(client: Client, dana: User, caplog: pytest.LogCaptureFixture) -> None:
    admin = create_user(username="admin", staff=True)[0]
    link = invite(by=admin, note="Eve", for_admin=False, days=1).removeprefix(django_settings.PUBLIC_URL)
    with caplog.at_level("DEBUG"):
        address, fields = sign_in_form(client.get(link).text)
        new = {**fields, "username": "eve", "password1": "the password of eve", "password2": "the password of eve"}
        assert client.post(address, new).status_code == 302
        client.logout()
        client.post("/accounts/sign-in/", {"username": "dana", "password": "a wrong password"})
        sign_in(client)
    assert "/accounts/join/" in caplog.text
    for secret in (fields["token"], "the password of eve", "a wrong password", PASSWORD):
        assert secret not in caplog.text


def test_names_are_not_told_apart_by_the_answer(client: Client, dana: User, alice: User) -> None:
    """The same answer for people who are there, have no password, are switched off, or do not exist."""
    User.objects.create_user("gone", password=PASSWORD, is_active=False)
    answers = {}
    for name in ("dana", "alice", "gone", "nobody"):
        answer = client.post("/accounts/sign-in/", {"username": name, "password": "wrong"})
        answers[answer.status_code, "Please enter a correct username and password" in answer.text] = name
    assert list(answers) == [(200, True)]


def test_a_name_cannot_be_markup(client: Client) -> None:
    admin = create_user(username="admin", staff=True)[0]
    client.force_login(admin)
    page = client.post("/accounts/people/", {"note": "<script>alert(1)</script>", "days": "7"}).text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_changes_need_the_csrf_token(dana: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    admin = create_user(username="admin", staff=True)[0]
    strict.force_login(admin)
    for address in (
        "/accounts/people/",
        f"/accounts/people/{dana.pk}/switch-off/",
        f"/accounts/people/{dana.pk}/make-admin/",
        "/accounts/delete/",
        "/accounts/sessions/end-others/",
        "/accounts/password/set/",
    ):
        assert strict.post(address, {"username": "admin"}).status_code == 403
    dana.refresh_from_db()
    assert dana.is_active
    assert not dana.is_superuser
