"""Limits of people, groups and API keys."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from apps.accounts.errors import KeyNotAllowed
from apps.accounts.models import ApiKey, User
from apps.generation.errors import TooManyAtOnce
from apps.generation.models import Generation
from apps.stores.redis import sync_client
from apps.usage.allowances import Allowance, in_words
from apps.usage.errors import LimitReached
from apps.usage.models import Limit
from tests.usage.acting import acting, ask, finish, key_of

# The tests commit nothing, so no worker takes their generations.
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_counters(db: None) -> None:
    """Ids of people come again in another test."""
    for name in sync_client().scan_iter("workbench:limits:*"):
        sync_client().delete(name)


def test_without_limits_nothing_is_counted(alice: User) -> None:
    with acting(key_of(alice)) as origin:
        ask(alice)
    assert origin.headers == {}
    assert list(sync_client().scan_iter("workbench:limits:*")) == []


class TestRequestsAMinute:
    def test_next_one_is_refused_and_told_when_to_come_back(self, alice: User, bob: User) -> None:
        Limit.objects.create(user=alice, requests_per_minute=2)
        ask(alice)
        ask(alice)
        with pytest.raises(LimitReached) as refused:
            ask(alice)
        assert 1 <= refused.value.seconds <= 60
        assert refused.value.sentence.startswith("You have sent 2 requests within a minute, the most. Try again in ")
        ask(bob)
        assert Generation.objects.filter(owner=alice).count() == 2

    def test_window_ends(self, alice: User) -> None:
        Limit.objects.create(user=alice, requests_per_minute=1)
        ask(alice)
        (counter,) = sync_client().scan_iter("workbench:limits:requests:*")
        assert 0 < sync_client().pttl(counter) <= 60_000
        sync_client().delete(counter)  # as Redis does at the end of the minute
        ask(alice)

    def test_headers_say_what_remains(self, alice: User) -> None:
        Limit.objects.create(user=alice, requests_per_minute=100)
        key = key_of(alice, requests_per_minute=3)
        with acting(key) as origin:
            ask(alice)
        assert origin.headers["x-ratelimit-limit-requests"] == "3"
        assert origin.headers["x-ratelimit-remaining-requests"] == "2"
        assert 1 <= int(origin.headers["x-ratelimit-reset-requests"].removesuffix("s")) <= 60

    def test_refused_request_counts_nowhere(self, alice: User) -> None:
        """A key that is used up must not use up its person's requests."""
        Limit.objects.create(user=alice, requests_per_minute=3)
        used_up = key_of(alice, requests_per_minute=1)
        with acting(used_up):
            ask(alice)
            for _ in range(5):
                with pytest.raises(LimitReached, match="This API key has sent 1 request"):
                    ask(alice)
        with acting(key_of(alice)) as origin:
            ask(alice)
        assert origin.headers["x-ratelimit-remaining-requests"] == "1"


class TestTokensADay:
    def test_used_up_until_midnight(self, alice: User, bob: User) -> None:
        Limit.objects.create(user=alice, tokens_per_day=100)
        finish(ask(alice), prompt=60, completion=39)
        finish(ask(alice), prompt=1, completion=0)
        with pytest.raises(LimitReached) as refused:
            ask(alice)
        assert 1 <= refused.value.seconds <= 86_400
        assert refused.value.sentence.startswith("You have used today’s 100 tokens. There are more at 00:00 UTC, in ")
        ask(bob)

    def test_deleting_what_was_written_gives_none_back(self, alice: User) -> None:
        Limit.objects.create(user=alice, tokens_per_day=100)
        finish(ask(alice), prompt=60, completion=40)
        Generation.objects.all().delete()
        with pytest.raises(LimitReached):
            ask(alice)

    def test_keys_are_counted_apart(self, alice: User) -> None:
        first, second = (key_of(alice, tokens_per_day=100) for _ in range(2))
        with acting(first) as origin:
            finish(ask(alice), prompt=60, completion=60)
            with pytest.raises(LimitReached, match="This API key has used today’s 100 tokens"):
                ask(alice)
        assert origin.headers["x-ratelimit-remaining-tokens"] == "100"
        with acting(second) as origin:
            ask(alice)
        assert origin.headers["x-ratelimit-limit-tokens"] == "100"


class TestAtOnce:
    def test_of_a_person(self, alice: User) -> None:
        Limit.objects.create(user=alice, generations_at_once=1)
        finish(ask(alice), prompt=1, completion=1)
        ask(alice)
        with pytest.raises(TooManyAtOnce, match="You have 1 reply"):
            ask(alice)

    def test_of_a_key(self, alice: User) -> None:
        ask(alice)
        with acting(key_of(alice, generations_at_once=1)):
            ask(alice)
        with acting(key_of(alice, generations_at_once=1)):
            ask(alice)
            with pytest.raises(TooManyAtOnce, match="This API key has 1 reply"):
                ask(alice)

    def test_0_is_no_limit(self, alice: User, settings: Any) -> None:
        settings.GENERATIONS_PER_PERSON = 1
        Limit.objects.create(user=alice, generations_at_once=0)
        ask(alice)
        ask(alice)


class TestWhichCounts:
    def test_own_before_groups_before_settings(self, alice: User, settings: Any) -> None:
        settings.REQUESTS_PER_MINUTE, settings.TOKENS_PER_DAY = 1, 2
        narrow, wide = Group.objects.create(name="narrow"), Group.objects.create(name="wide")
        alice.groups.add(narrow, wide)
        Limit.objects.create(group=narrow, requests_per_minute=10, generations_at_once=5)
        Limit.objects.create(group=wide, requests_per_minute=20)
        Limit.objects.create(user=alice, generations_at_once=7)
        found = Allowance.of_person(alice)
        assert (found.requests_per_minute, found.tokens_per_day, found.generations_at_once) == (20, 2, 7)

    def test_unlimited_group_is_the_widest(self, alice: User) -> None:
        for name, figure in (("some", 10), ("all", 0)):
            group = Group.objects.create(name=name)
            alice.groups.add(group)
            Limit.objects.create(group=group, requests_per_minute=figure)
        assert Allowance.of_person(alice).requests_per_minute == 0

    def test_groups_of_others_do_not(self, alice: User, bob: User) -> None:
        group = Group.objects.create(name="some")
        bob.groups.add(group)
        Limit.objects.create(group=group, requests_per_minute=10)
        assert Allowance.of_person(alice).requests_per_minute == 0
        assert Allowance.of_person(bob).requests_per_minute == 10


def test_key_for_one_kind_of_use_starts_no_other(alice: User) -> None:
    with acting(key_of(alice, scopes=["completion"])), pytest.raises(KeyNotAllowed, match="complete and fill in code"):
        ask(alice)
    with acting(key_of(alice, scopes=["chat", "usage"])):
        assert ask(alice).api_key is not None


def test_page_of_the_chat_says_when_to_come_back(client: Client, alice: User) -> None:
    Limit.objects.create(user=alice, requests_per_minute=1)
    ask(alice)
    client.force_login(alice)
    refused = client.post("/chat/", {"message": "What is a set?"})
    assert "You have sent 1 request within a minute, the most. Try again in" in refused.text
    assert Generation.objects.count() == 1


def test_admins_limit_a_person_or_a_group_not_both(client: Client, alice: User) -> None:
    client.force_login(User.objects.create_superuser("staff"))
    group = Group.objects.create(name="some")
    address = "/admin/usage/limit/add/"
    assert "not both" in client.post(address, {"user": alice.pk, "group": group.pk}).text
    assert client.post(address, {"user": alice.pk, "requests_per_minute": 5}).status_code == 302
    assert Limit.objects.get().user == alice


@pytest.mark.parametrize(
    ("seconds", "words"), [(1, "1 second"), (119, "119 seconds"), (120, "2 minutes"), (7200, "2 hours")]
)
def test_times_to_wait_are_in_words(seconds: int, words: str) -> None:
    assert in_words(seconds) == words


def test_keys_say_their_limits(alice: User) -> None:
    key = key_of(alice, scopes=["chat", "usage"], model_names=["gpu-1"], requests_per_minute=60, tokens_per_day=10_000)
    assert ApiKey.objects.get(pk=key.pk).limit_words == [
        "only chat and read usage",
        "only gpu-1",
        "60 requests a minute",
        "10,000 tokens a day",
    ]
