"""``/accounts/``: how a person signs in, second factors, sessions."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from apps.accounts.models import User
from apps.accounts.services import sign_in_url
from apps.accounts.sessions import browser_name
from apps.accounts.sign_in.second_factors import reseal_second_factors
from tests.accounts.passkeys import add_passkey
from tests.support.sign_in_form import sign_in_form

PASSWORD = "correct horse battery"
PAGE = "/accounts/"
TITLES = "/accounts/model-titles/"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any, db: None) -> None:
    cache.clear()  # allauth counts guesses there
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose


@pytest.fixture
def dana(db: None) -> User:
    return User.objects.create_user("dana", password=PASSWORD)


def sign_in(client: Client, *, address: str = "192.0.2.1", browser: str = "A browser") -> Any:
    form = {"username": "dana", "password": PASSWORD}
    return client.post("/accounts/sign-in/", form, REMOTE_ADDR=address, headers={"User-Agent": browser})


def code_of(secret: str) -> str:
    """Return the code that an authenticator app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.fixture
def secret(dana: User) -> str:
    """The secret of dana's authenticator app."""
    made = str(generate_totp_secret())
    TOTP.activate(dana, made)
    return made


def let_time_pass(client: Client) -> None:
    """Until the sign-in no longer counts as a confirmation."""
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 601
    session.save()


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_page_is_linked_and_shows_how_one_signs_in(client: Client, dana: User) -> None:
    sign_in(client)
    assert f'href="{PAGE}"' in client.get("/").text
    page = client.get(PAGE)
    assert "Change password" in page.text
    assert "A browser" in page.text
    assert "192.0.2.1" in page.text
    assert "no-store" in page["Cache-Control"]
    for address in ("/accounts/keys/", "/usage/", "/accounts/export/", "/accounts/delete/"):
        assert f'href="{address}"' in page.text


def test_a_person_switches_titles_by_the_model(client: Client, dana: User, bob: User, settings: Any) -> None:
    client.force_login(dana)
    for switched, value in (("off", False), ("on", True)):
        inputs = LexborHTMLParser(client.get(PAGE).text).css(f'form[action="{TITLES}"] input')
        fields = {str(field.attributes["name"]): str(field.attributes["value"]) for field in inputs}
        assert client.post(TITLES, fields).status_code == 302
        dana.refresh_from_db()
        assert dana.model_titles is value, switched
        assert ("Off: conversations" in client.get(PAGE).text) is not value
    bob.refresh_from_db()
    assert bob.model_titles
    settings.CHAT_MODEL_TITLES = False
    assert TITLES not in client.get(PAGE).text
    assert client.get(TITLES).status_code == 405


def test_a_person_with_a_link_sets_a_password(client: Client, alice: User) -> None:
    address, fields = sign_in_form(client.get(sign_in_url(username="alice")).text)
    client.post(address, fields)
    assert "None: you sign in by link" in client.get(PAGE).text
    form = {"password1": PASSWORD, "password2": PASSWORD}
    assert client.post("/accounts/password/set/", form).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["short", "password1234"])
def test_a_weak_password_is_refused(client: Client, alice: User, password: str) -> None:
    client.force_login(alice)
    response = client.post("/accounts/password/set/", {"password1": password, "password2": password})
    assert response.status_code == 200
    alice.refresh_from_db()
    assert not alice.has_usable_password()


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(client: Client, dana: User) -> None:
    other = Client()
    sign_in(client)
    sign_in(other)
    form = {"oldpassword": "wrong", "password1": "another horse battery", "password2": "another horse battery"}
    assert client.post("/accounts/password/", form).status_code == 200
    assert other.get(PAGE).status_code == 200
    assert client.post("/accounts/password/", {**form, "oldpassword": PASSWORD}).status_code == 302
    assert client.get(PAGE).status_code == 200
    assert other.get(PAGE).status_code == 302


def test_second_factor_is_asked_for_after_the_password(client: Client, dana: User, secret: str) -> None:
    assert sign_in(client)["Location"] == "/accounts/sign-in/code/"
    assert not is_signed_in(client)
    assert client.get("/chat/").status_code == 302
    refused = client.post("/accounts/sign-in/code/", {"code": "000000"})
    assert refused.status_code == 200
    assert not is_signed_in(client)
    assert client.post("/accounts/sign-in/code/", {"code": code_of(secret)})["Location"] == "/chat/"
    assert is_signed_in(client)


def test_second_factor_is_asked_for_after_the_link(client: Client, dana: User, secret: str) -> None:
    address, fields = sign_in_form(client.get(sign_in_url(username="dana")).text)
    assert client.post(address, fields)["Location"] == "/accounts/sign-in/code/"
    assert not is_signed_in(client)
    client.post("/accounts/sign-in/code/", {"code": code_of(secret)})
    assert is_signed_in(client)


def test_a_recovery_code_works_once(client: Client, dana: User, secret: str) -> None:
    code = RecoveryCodes.activate(dana).get_unused_codes()[0]
    for signed_in in (True, False):
        other = Client()
        sign_in(other)
        other.post("/accounts/sign-in/code/", {"code": code})
        assert is_signed_in(other) is signed_in


def test_guesses_of_the_code_are_limited(client: Client, dana: User, secret: str) -> None:
    sign_in(client)
    for _ in range(8):
        client.post("/accounts/sign-in/code/", {"code": "000000"})
    client.post("/accounts/sign-in/code/", {"code": code_of(secret)})
    assert not is_signed_in(client)


def test_an_app_is_added_after_the_password_was_confirmed(client: Client, dana: User) -> None:
    sign_in(client)
    assert client.get("/accounts/app/add/").status_code == 200
    let_time_pass(client)
    assert client.get("/accounts/app/add/")["Location"].startswith("/accounts/confirm/")
    client.post("/accounts/confirm/?next=/accounts/app/add/", {"password": PASSWORD})
    page = client.get("/accounts/app/add/")
    assert "<svg" in page.text
    assert "data:image" not in page.text
    found = re.search(r'qr__key">(\w+)<', page.text)
    assert found
    assert client.post("/accounts/app/add/", {"code": code_of(found[1])})["Location"] == "/accounts/codes/"
    assert "Unused codes" in client.get("/accounts/codes/").text
    assert "Remove app" in client.get(PAGE).text


def test_a_passkey_is_offered_before_a_code_to_confirm(client: Client, dana: User) -> None:
    dana.set_unusable_password()
    dana.save()
    client.force_login(dana)
    add_passkey(dana, "Key")
    RecoveryCodes.activate(dana)
    assert client.get("/accounts/app/add/")["Location"].startswith("/accounts/confirm/passkey/")
    page = client.get("/accounts/confirm/passkey/").text
    assert "Use a passkey" in page
    assert "Use a code" in page


def test_secrets_are_not_stored_in_the_clear(dana: User, secret: str) -> None:
    RecoveryCodes.activate(dana)
    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert "secret" in stored
    assert secret not in stored


def test_sessions_are_listed_and_ended(client: Client, dana: User) -> None:
    laptop, phone = Client(), Client()
    sign_in(laptop, browser="Laptop")
    sign_in(phone, browser="Phone", address="192.0.2.2")
    page = laptop.get(PAGE).text
    assert "Phone" in page
    session = UserSession.objects.get(user_agent="Phone")
    assert laptop.post(f"/accounts/sessions/{session.pk}/end/")["Location"] == PAGE
    assert phone.get(PAGE).status_code == 302
    assert laptop.get(PAGE).status_code == 200
    assert "Phone" not in laptop.get(PAGE).text


def test_all_other_sessions_end_at_once(client: Client, dana: User) -> None:
    browsers = [Client() for _ in range(3)]
    for browser in browsers:
        sign_in(browser)
    browsers[0].post("/accounts/sessions/end-others/")
    assert [browser.get(PAGE).status_code for browser in browsers] == [200, 302, 302]


def test_what_is_somebody_elses_is_not_there(client: Client, dana: User, bob: User, secret: str) -> None:
    UserSession.objects.all().delete()
    other = Client()
    sign_in(other)
    other.post("/accounts/sign-in/code/", {"code": code_of(secret)})
    session = UserSession.objects.get()
    client.force_login(bob)
    assert client.post(f"/accounts/sessions/{session.pk}/end/").status_code == 404
    assert UserSession.objects.filter(pk=session.pk).exists()
    assert "Remove app" not in client.get(PAGE).text


def test_nobody_registers(client: Client, db: None) -> None:
    for address in ("/accounts/signup/", "/accounts/sign-up/", "/accounts/register/"):
        assert client.get(address).status_code in {302, 404}
        client.post(address, {"username": "eve", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.exists()


def test_session_length_is_a_setting(client: Client, dana: User, settings: Any) -> None:
    settings.SESSION_COOKIE_AGE = 3600
    sign_in(client)
    assert client.cookies["sessionid"]["max-age"] == 3600


def test_second_factors_outlive_a_change_of_the_key(client: Client, dana: User, secret: str, settings: Any) -> None:
    codes = RecoveryCodes.activate(dana).get_unused_codes()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new" * 20, [settings.SECRET_KEY]
    assert reseal_second_factors() == (2, [])
    settings.SECRET_KEY_FALLBACKS = []
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of(secret))
    assert Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes() == codes
    settings.SECRET_KEY = "lost" * 20
    assert reseal_second_factors() == (0, ["dana"])


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari on iPhone"),
        ("curl/8.9.1", "curl/8.9.1"),
        ("", "Unknown browser"),
        ("x" * 500, "x" * 60),
    ],
)
def test_browsers_are_named(header: str, name: str) -> None:
    assert browser_name(header) == name
