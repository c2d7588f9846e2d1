"""Every address of the project, for its owner, a team mate, a stranger without an account and staff.

Views that look things up in threads of their own have ``test_access_elsewhere``: they cannot see a test's transaction.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from apps.accounts.models import User
from tests.project.access_asking import (
    PARAMETER,
    SECRET,
    Ask,
    ask,
    is_asked_to_sign_in,
    is_let_in,
    staff,
    text_of,
    texts_of,
    things_of,
)
from tests.project.access_state import assert_only_its_owner_is_let_in, state_of_things
from tests.project.access_table import ALL, ELSEWHERE, EXPECTED, For, audience_of

__all__ = ["ask", "staff"]

LEAD_TO_SIGN_IN = {"/admin/login/", "admin:login", "admin:logout"}


@pytest.fixture(scope="module")
def things(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """Alice's things for all tests of this file: their transactions lie inside of one that is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        owned = things_of(User.objects.create_user("alice"))
        # Else each test would check these at its end, in its savepoint, which is undone.
        connection.check_constraints()
        yield owned
        transaction.set_rollback(True)


@pytest.fixture
def arguments(things: dict[str, Any], db: None) -> dict[str, Any]:
    return things


@pytest.fixture
def alice(things: dict[str, Any], db: None) -> User:
    return User.objects.get(username="alice")


def addresses_for(audience: For) -> list[str]:
    return [name for name in ALL if audience_of(name) == audience and not name.startswith(ELSEWHERE)]


def test_every_address_says_who_may_use_it() -> None:
    assert len(ALL) > 50
    assert [name for name in ALL if audience_of(name) is None] == []
    assert [name for name in EXPECTED if name not in ALL] == []


@pytest.mark.parametrize("name", addresses_for(For.OWNER))
def test_only_its_owner_finds_it(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    assert_only_its_owner_is_let_in(name, ask, alice, (bob, staff))


@pytest.mark.parametrize("name", addresses_for(For.SIGNED_IN))
def test_everybody_with_an_account_sees_their_own(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    asked = ask(name, None)
    assert is_asked_to_sign_in(asked["GET"])
    assert asked["POST"].status_code == 405 or is_asked_to_sign_in(asked["POST"])
    for user in (bob, staff, alice):
        answers = ask(name, user)
        assert is_let_in(answers["POST"] if answers["GET"].status_code == 405 else answers["GET"])
        assert user == alice or SECRET not in texts_of(answers)


@pytest.mark.parametrize("name", addresses_for(For.STAFF))
def test_only_staff_find_it(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    before = state_of_things()
    for user in (alice, bob):
        codes = {answered.status_code for answered in ask(name, user).values()}
        assert codes <= {404, 405}
        assert 404 in codes
    for answered in ask(name, None).values():
        assert answered.status_code in {404, 405} or is_asked_to_sign_in(answered)
    assert state_of_things() == before
    assert any(is_let_in(answered) for answered in ask(name, staff).values())


def test_admin_is_for_staff(alice: User, staff: User) -> None:
    """Its addresses are many and made by Django: one look at each."""
    addresses = [PARAMETER.sub("1", ALL[name]) for name in ALL if audience_of(name) == For.ADMIN]
    assert len(addresses) > 50
    for user in (alice, None):
        client = Client()
        if user is not None:
            client.force_login(user)
        for address in addresses:
            for answered in (client.get(address), client.post(address)):
                assert is_asked_to_sign_in(answered), address
        led_to = client.get("/admin/", follow=True)
        assert led_to.status_code == (404 if user else 200)
    client.force_login(staff)
    assert client.get("/admin/").status_code == 200


def test_public_addresses_keep_nobody_out(ask: Ask, bob: User) -> None:
    public = [name for name in ALL if audience_of(name) == For.EVERYBODY]
    assert len(public) > 20
    for name in public:
        for user in (bob, None):
            for answered in ask(name, user).values():
                assert not is_asked_to_sign_in(answered) or name in LEAD_TO_SIGN_IN, name
                assert SECRET not in text_of(answered), name
