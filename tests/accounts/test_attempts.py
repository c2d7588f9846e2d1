"""Passwords can be tried only so often: by name and address, by name, and by address."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from apps.accounts.errors import TooManyAttempts
from apps.accounts.models import User
from apps.accounts.services import sign_in_url
from apps.accounts.sign_in import attempts
from tests.support.forging import forged
from tests.support.sign_in_form import sign_in_form

PASSWORD = "correct horse battery"
type Try = Callable[..., Any]


@pytest.fixture(autouse=True)
def no_attempts_yet(db: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # the others are slow on purpose
    attempts.limiter().storage.reset()


@pytest.fixture
def dana(db: None) -> User:
    return User.objects.create_user("dana", password=PASSWORD)


@pytest.fixture
def try_password(client: Client, dana: User) -> Try:
    def try_once(password: str, *, username: str = "dana", address: str = "192.0.2.1") -> Any:
        form = {"username": username, "password": password}
        return client.post("/accounts/sign-in/", form, REMOTE_ADDR=address)

    return try_once


def test_after_ten_wrong_passwords_even_the_right_one_waits(try_password: Try, client: Client) -> None:
    assert [try_password("wrong").status_code for _ in range(10)] == [200] * 10
    refused = try_password(PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60
    assert "Too many wrong passwords. Wait" in refused.text
    assert 'value="dana"' in refused.text
    assert PASSWORD not in refused.text
    assert "_auth_user_id" not in client.session


def test_other_people_and_other_places_are_not_held_up(try_password: Try) -> None:
    for _ in range(11):
        refused = try_password("wrong")
    assert refused.status_code == 429
    assert try_password("wrong", username="DANA").status_code == 429, "the same name, however it is written"
    assert try_password("wrong", username="somebody else").status_code == 200
    assert try_password(PASSWORD, address="192.0.2.2").status_code == 302


def test_signing_in_forgives_earlier_mistakes(try_password: Try, client: Client) -> None:
    for _ in range(2):
        for _ in range(9):
            try_password("wrong")
        assert try_password(PASSWORD).status_code == 302
        client.logout()


def tried(times: int, **who: Any) -> list[bool]:
    """Tell for each of so many attempts, made by a person per number, whether it was allowed."""
    answers = []
    for number in range(times):
        try:
            attempts.count_attempt(**{name: of(number) for name, of in who.items()})
            answers.append(True)
        except TooManyAttempts:
            answers.append(False)
    return answers


def test_one_name_from_everywhere() -> None:
    answers = tried(101, username=lambda _: "dana", address=lambda number: f"192.0.2.{number}")
    assert answers == [True] * 100 + [False]
    attempts.count_attempt(username="other", address="192.0.2.200")


def test_many_names_from_one_address() -> None:
    answers = tried(101, username=lambda number: f"name {number}", address=lambda _: "192.0.2.1")
    assert answers == [True] * 100 + [False]
    attempts.count_attempt(username="name 200", address="192.0.2.2")


def test_a_link_still_signs_in(try_password: Try, client: Client) -> None:
    for _ in range(11):
        refused = try_password("wrong")
    assert refused.status_code == 429
    page = client.get(sign_in_url(username="dana"), REMOTE_ADDR="192.0.2.1")
    address, fields = sign_in_form(page.text)
    assert client.post(address, fields, REMOTE_ADDR="192.0.2.1").status_code == 302
    assert "_auth_user_id" in client.session


def test_guesses_of_others_do_not_lock_out_a_browser_that_was_signed_in(try_password: Try, client: Client) -> None:
    assert try_password(PASSWORD).status_code == 302
    client.post("/accounts/sign-out/")
    guesser = Client()
    form = {"username": "dana", "password": "wrong"}
    answers = [guesser.post("/accounts/sign-in/", form, REMOTE_ADDR=f"192.0.2.{n}").status_code for n in range(101)]
    assert answers[-1] == 429
    assert guesser.post("/accounts/sign-in/", {**form, "password": PASSWORD}).status_code == 429
    assert try_password(PASSWORD).status_code == 302


def test_a_known_browser_guesses_no_more_often(try_password: Try, client: Client) -> None:
    assert try_password(PASSWORD).status_code == 302
    client.post("/accounts/sign-out/")
    assert [try_password("wrong", address=f"192.0.2.{n}").status_code for n in range(10)] == [200] * 10
    assert try_password(PASSWORD, address="192.0.2.99").status_code == 429


def test_a_browser_is_known_for_one_person_and_by_its_signature(try_password: Try, client: Client, dana: User) -> None:
    User.objects.create_user("evelyn", password=PASSWORD)
    assert try_password(PASSWORD, username="evelyn").status_code == 302
    mark = client.cookies["known_browser"]
    assert mark["httponly"]
    assert "evelyn" not in mark.value
    for value in (mark.value, forged(mark.value), "dana:x"):
        client.logout()
        client.cookies["known_browser"] = value
        attempts.limiter().storage.reset()
        assert [try_password("wrong").status_code for _ in range(11)] == [200] * 10 + [429]


def test_a_header_does_not_change_the_address(client: Client, dana: User) -> None:
    """Otherwise each guess would come from another address."""
    form = {"username": "dana", "password": "wrong"}
    for number in range(11):
        headers = {"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": f"203.0.113.{number}"}
        answer = client.post("/accounts/sign-in/", form, REMOTE_ADDR="192.0.2.1", headers=headers)
    assert answer.status_code == 429
