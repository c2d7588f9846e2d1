"""Addresses whose views look things up in threads of their own: the API, and event streams of pages."""

import pytest

from apps.accounts.models import User
from tests.project.access_asking import (
    SECRET,
    WITHOUT_KEY,
    Ask,
    arguments,
    ask,
    is_let_in,
    staff,
    text_of,
    texts_of,
)
from tests.project.access_state import assert_only_its_owner_is_let_in
from tests.project.access_table import ALL, ELSEWHERE, For, audience_of

__all__ = ["arguments", "ask", "staff"]

pytestmark = pytest.mark.django_db(transaction=True)

STREAMS = [name for name in ALL if name.startswith(ELSEWHERE) and audience_of(name) == For.OWNER]


def test_every_address_elsewhere_is_asked() -> None:
    asked = {For.OWNER, For.KEY, For.OWNERS_KEY, For.EVERYBODY}
    assert len(STREAMS) == 2
    assert [name for name in ALL if name.startswith(ELSEWHERE) and audience_of(name) not in asked] == []


@pytest.mark.parametrize("name", STREAMS)
def test_only_its_owner_follows_it(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    assert_only_its_owner_is_let_in(name, ask, alice, (bob, staff))


@pytest.mark.parametrize("name", [name for name in ALL if audience_of(name) in {For.KEY, For.OWNERS_KEY}])
def test_api_is_for_keys(name: str, ask: Ask, alice: User, bob: User, staff: User) -> None:
    for answered in (*ask(name, None).values(), *ask(f"{name}{WITHOUT_KEY}", alice).values()):
        assert answered.status_code in {401, 405}
        assert SECRET not in text_of(answered)
    for user in (bob, staff) if audience_of(name) == For.OWNERS_KEY else ():
        answers = ask(name, user)
        assert {answered.status_code for answered in answers.values()} <= {404, 405}
        assert SECRET not in texts_of(answers)
    owned = ask(name, alice)
    assert any(is_let_in(answered) or name == "gateway:model" for answered in owned.values())
    assert not {answered.status_code for answered in owned.values()} & {401, 403}
