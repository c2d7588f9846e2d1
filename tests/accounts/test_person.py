"""The person of a request: read in one statement, and nobody once the session no longer fits."""

from typing import Any

import pytest
from django.conf import settings as project_settings
from django.contrib.auth import HASH_SESSION_KEY
from django.http import HttpRequest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.sign_in.person import person_of
from apps.accounts.sign_in.session_store import SessionStore
from tests.conftest import SignedIn
from tests.support.statements import at_most

pytestmark = pytest.mark.django_db


def request_of(client: Client) -> HttpRequest:
    request = HttpRequest()
    request.session = SessionStore(client.cookies[project_settings.SESSION_COOKIE_NAME].value)
    return request


def test_one_statement_for_the_session_and_one_for_the_person(alice: User, signed_in: SignedIn) -> None:
    request = request_of(signed_in(alice))
    with at_most(2):
        assert person_of(request) == alice
        assert person_of(request) == alice


def test_nobody_without_a_session() -> None:
    request = HttpRequest()
    request.session = SessionStore("unknown")
    assert person_of(request).is_anonymous


def test_nobody_once_switched_off(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert person_of(request_of(client)) == alice
    User.objects.update(is_active=False)
    assert person_of(request_of(client)).is_anonymous


def test_nobody_once_the_password_is_another(alice: User, signed_in: SignedIn) -> None:
    client = signed_in(alice)
    assert person_of(request_of(client)) == alice
    alice.set_password("another")
    alice.save()
    assert person_of(request_of(client)).is_anonymous
    assert not SessionStore().exists(client.cookies[project_settings.SESSION_COOKIE_NAME].value)


def test_session_signed_with_the_previous_secret(alice: User, signed_in: SignedIn, settings: Any) -> None:
    client = signed_in(alice)
    before = request_of(client).session[HASH_SESSION_KEY]
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret"
    request = request_of(client)
    assert person_of(request) == alice
    assert request.session[HASH_SESSION_KEY] != before
