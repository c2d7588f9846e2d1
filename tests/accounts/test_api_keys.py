"""API keys: ``create_api_key`` prints one, and it stands for its owner until it is revoked or expires."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from apps.accounts.keys.api_keys import revoke_api_key, use_api_key
from apps.accounts.models import ApiKey, User


def create_api_key(*arguments: str) -> str:
    output = StringIO()
    call_command("create_api_key", *arguments, stdout=output)
    return output.getvalue().strip()


def person_with_key(key: str) -> User | None:
    found = use_api_key(key)
    return found.owner if found else None


def test_a_key_stands_for_its_owner(alice: User, bob: User) -> None:
    key = create_api_key("alice", "--name", "editor")
    assert person_with_key(key) == alice
    assert person_with_key(create_api_key("bob")) == bob
    assert ApiKey.objects.get(owner=alice).name == "editor"


def test_the_key_itself_is_not_stored(alice: User) -> None:
    key = create_api_key("alice")
    stored = ApiKey.objects.values().get()
    assert key.startswith(stored["prefix"])
    assert len(key) > len(stored["prefix"]) + 32
    assert not any(key in str(value) for value in stored.values())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: key[:-1],
        lambda key: key + "x",
        lambda key: key.swapcase(),
        lambda key: key.removeprefix("clw_"),
        lambda key: key * 100,
        lambda _: "clw_é",
        lambda _: "",
    ],
)
def test_a_wrong_key_is_nobodys(alice: User, spoil: Callable[[str], str]) -> None:
    key = create_api_key("alice")
    assert person_with_key(spoil(key)) is None
    assert person_with_key(key) == alice


def test_a_revoked_key_works_no_more(alice: User) -> None:
    key = create_api_key("alice")
    assert person_with_key(key) == alice
    pk = ApiKey.objects.get().pk
    assert revoke_api_key(key_id=pk)
    assert person_with_key(key) is None
    assert not revoke_api_key(key_id=pk)


def test_an_expired_key_works_no_more(alice: User) -> None:
    key = create_api_key("alice", "--days", "1")
    assert person_with_key(key) == alice
    ApiKey.objects.update(expires_at=timezone.now())
    assert person_with_key(key) is None


def test_a_key_of_somebody_who_left_works_no_more(alice: User) -> None:
    key = create_api_key("alice")
    User.objects.update(is_active=False)
    assert person_with_key(key) is None


def test_last_use_is_noted_to_the_minute(alice: User) -> None:
    key = create_api_key("alice")
    assert ApiKey.objects.get().last_used_at is None
    person_with_key(key)
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    person_with_key(key)
    assert ApiKey.objects.get().last_used_at == first
    ApiKey.objects.update(last_used_at=first - timedelta(minutes=2))
    person_with_key(key)
    assert ApiKey.objects.get().last_used_at >= first  # type: ignore[operator]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "There is no user named 'nobody': create_user makes one."),
        (["alice", "--days", "0"], "--days must be 1 to 36500."),
    ],
)
def test_bad_arguments_are_one_sentence(alice: User, arguments: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as error:
        create_api_key(*arguments)
    assert str(error.value) == sentence
    assert not ApiKey.objects.exists()


def test_staff_revoke_keys_in_the_admin(client: Client, alice: User) -> None:
    key = create_api_key("alice")
    client.force_login(User.objects.create_superuser("staff"))
    chosen = {"action": "revoke", "_selected_action": [ApiKey.objects.get().pk]}
    assert client.post("/admin/accounts/apikey/", chosen).status_code == 302
    assert person_with_key(key) is None


def test_the_command_limits_a_key(alice: User) -> None:
    key = create_api_key("alice", "--scope", "chat", "--scope", "usage", "--model", "gpu-1", "--tokens-per-day", "1000")
    found = use_api_key(key)
    assert found is not None
    assert (found.scopes, found.model_names, found.tokens_per_day) == (["chat", "usage"], ["gpu-1"], 1000)
    with pytest.raises(CommandError, match="Limits must be at least 1"):
        create_api_key("alice", "--requests-per-minute", "0")
