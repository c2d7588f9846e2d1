"""One-time links: made by ``sign_in_url``, opened in a browser."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib import auth as django_auth
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from apps.accounts import services
from apps.accounts.models import User
from apps.accounts.services import redeem_sign_in_token, sign_in_url
from tests.support.sign_in_form import sign_in_form


def link_for(username: str) -> str:
    """Run the command; without the host, which the test client does not take."""
    output = StringIO()
    call_command("sign_in_url", username, stdout=output)
    link = output.getvalue().strip()
    assert link.startswith(f"{settings.PUBLIC_URL}/accounts/sign-in/link/?token=")
    return link.removeprefix(settings.PUBLIC_URL)


def use_link(client: Client, link: str) -> Any:
    """Open the link and press the button of the page that it shows."""
    page = client.get(link)
    if page.status_code != 200:
        return page
    address, fields = sign_in_form(page.text)
    return client.post(address, fields)


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_link_shows_one_button_that_signs_in(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    page = client.get(link_for("alice"))
    assert page.status_code == 200
    assert "Sign in as alice" in page.text
    assert "no-store" in page["Cache-Control"]
    assert not is_signed_in(client)
    address, fields = sign_in_form(page.text)
    assert "token" not in address
    response = client.post(address, fields)
    assert response.status_code == 302
    assert response["Location"] == "/chat/"
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_the_address_with_the_token_is_no_referrer(client: Client, alice: User) -> None:
    assert client.get(link_for("alice"))["Referrer-Policy"] == "strict-origin"
    assert client.get("/accounts/sign-in/link/?token=x")["Referrer-Policy"] == "strict-origin"


def test_button_needs_the_csrf_token(alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    address, fields = sign_in_form(client.get(link_for("alice")).text)
    assert client.post(address, {**fields, "csrfmiddlewaretoken": "x" * 64}).status_code == 403
    assert not is_signed_in(client)
    assert client.post(address, fields).status_code == 302


def test_second_use_is_refused_with_a_page(alice: User) -> None:
    link = link_for("alice")
    first, second, third = Client(), Client(), Client()
    address, fields = sign_in_form(second.get(link).text)
    assert use_link(first, link).status_code == 302
    for response in (second.post(address, fields), third.get(link)):
        assert response.status_code == 403
        assert "This sign-in link does not work" in response.text
    assert not is_signed_in(second)
    assert not is_signed_in(third)


def test_link_of_yesterday_is_refused(client: Client, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    link = link_for("alice")
    late = (datetime.now(UTC) + timedelta(seconds=settings.SESAME_MAX_AGE + 1)).timestamp()
    with monkeypatch.context() as clock:
        clock.setattr("sesame.tokens_v2.time.time", lambda: late)
        assert client.get(link).status_code == 403
    assert use_link(client, link).status_code == 302, "the link was good, only late"


@pytest.mark.parametrize("token", ["", "x", "AAAA" * 10, "é", "%00", "a" * 5000])
def test_broken_token_is_refused_with_a_page(client: Client, db: None, token: str) -> None:
    assert client.get("/accounts/sign-in/link/", {"token": token}).status_code == 403
    assert client.post("/accounts/sign-in/link/", {"token": token}).status_code == 403
    assert not is_signed_in(client)


def test_deactivated_person_cannot_use_the_link(client: Client, alice: User) -> None:
    link = link_for("alice")
    address, fields = sign_in_form(client.get(link).text)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get(link).status_code == client.post(address, fields).status_code == 403


@pytest.mark.parametrize(
    "look_ahead",
    [
        lambda client, link: client.get(link, headers={"User-Agent": "Slackbot-LinkExpanding 1.0"}),
        lambda client, link: client.head(link),
        lambda client, link: client.get(link, headers={"Sec-Purpose": "prefetch;prerender"}),
        lambda client, link: client.get(link, headers={"Purpose": "prefetch"}),
    ],
    ids=["preview", "head", "prerender", "old prefetch"],
)
def test_looking_ahead_does_not_spend_the_link(
    client: Client, alice: User, look_ahead: Callable[[Client, str], object]
) -> None:
    link = link_for("alice")
    for _ in range(3):
        look_ahead(client, link)
    assert not is_signed_in(client)
    assert use_link(client, link).status_code == 302


@pytest.mark.parametrize(
    ("wanted", "goes_to"),
    [
        ("/endpoints/", "/endpoints/"),
        ("/chat/?a=1", "/chat/?a=1"),
        ("https://evil.example/", "/chat/"),
        ("//evil.example/", "/chat/"),
        ("/\\evil.example/", "/chat/"),
        ("javascript:alert(1)", "/chat/"),
    ],
)
def test_next_stays_on_this_site(client: Client, alice: User, wanted: str, goes_to: str) -> None:
    assert use_link(client, f"{link_for('alice')}&{urlencode({'next': wanted})}")["Location"] == goes_to


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_sign_in_one(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> None:
    User.objects.create_user("alice")
    token = sign_in_url(username="alice").partition("token=")[2]
    both_have_read = Barrier(2, timeout=60)
    authenticate = django_auth.authenticate

    def authenticate_together(*args: Any, **kwargs: Any) -> object:
        user = authenticate(*args, **kwargs)
        both_have_read.wait()
        return user

    monkeypatch.setattr(services, "authenticate", authenticate_together)

    def redeem() -> User | None:
        try:
            return redeem_sign_in_token(token)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        users = [future.result() for future in [threads.submit(redeem), threads.submit(redeem)]]
    assert sorted(user is None for user in users) == [False, True]


@pytest.mark.django_db
def test_unknown_user_is_one_sentence() -> None:
    with pytest.raises(CommandError, match=r"^There is no user named 'nobody': create_user makes one\.$") as error:
        link_for("nobody")
    assert error.value.returncode == 1


def test_inactive_user_is_one_sentence(alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(CommandError, match=r"^The user 'alice' is not active and cannot sign in\.$"):
        link_for("alice")


def test_token_is_not_in_the_log(client: Client, alice: User, caplog: pytest.LogCaptureFixture) -> None:
    link = link_for("alice")
    token = link.partition("token=")[2]
    with caplog.at_level("DEBUG"):
        use_link(client, link)
    assert is_signed_in(client)
    assert "/accounts/sign-in/link/" in caplog.text, "the request must be in the log for this test to mean anything"
    assert token not in caplog.text
