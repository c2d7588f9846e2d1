"""Querysets that are compiled once: the rows of each call are those of its own arguments, as they are now."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import ApiKey, User
from apps.stores.compiled import compiled

THRESHOLD = 5  # executions before a statement is prepared


@pytest.mark.django_db
def test_rows_are_those_of_the_arguments(alice: User, bob: User) -> None:
    built = []

    @compiled
    def named(user_id: int, username: str) -> QuerySet[User]:
        built.append(user_id)
        return User.objects.filter(pk=user_id, username=username)

    assert named(alice.pk, "alice") == [alice]
    assert named(bob.pk, "bob") == [bob]
    assert named(bob.pk, "alice") == []
    assert len(built) == 1
    User.objects.filter(pk=bob.pk).update(username="robert")
    assert (named(bob.pk, "bob"), named(bob.pk, "robert")) == ([], [bob])


@pytest.mark.django_db
def test_none_and_truth_have_texts_of_their_own(alice: User) -> None:
    key = ApiKey.objects.create(owner=alice, prefix="a", digest="a", revoked_at=timezone.now())
    other = ApiKey.objects.create(owner=alice, prefix="b", digest="b")

    @compiled
    def revoked(at: datetime | None, is_first: bool) -> QuerySet[ApiKey]:  # noqa: FBT001
        found = ApiKey.objects.filter(revoked_at=at)
        return found.order_by("pk") if is_first else found.order_by("-pk")

    assert revoked(key.revoked_at, True) == [key]
    assert revoked(None, True) == [other]
    third = ApiKey.objects.create(owner=alice, prefix="c", digest="c")
    assert (revoked(None, True), revoked(None, False)) == ([other, third], [third, other])
    assert revoked(timezone.now() - timedelta(days=1), True) == []


@pytest.mark.django_db
def test_tuples_related_rows_and_prefetched_ones(alice: User, bob: User) -> None:
    keys = [ApiKey.objects.create(owner=owner, prefix=owner.username, digest=owner.username) for owner in (alice, bob)]

    @compiled
    def prefixes(owners: list[int]) -> QuerySet[ApiKey, tuple[int, str]]:
        raw = "owner_id = ANY(%s)"
        return ApiKey.objects.extra(where=[raw], params=[owners]).order_by("prefix").values_list("pk", "prefix")  # noqa: S610

    @compiled
    def with_owner(prefix: str) -> QuerySet[ApiKey]:
        return ApiKey.objects.select_related("owner").prefetch_related("owner__groups").filter(prefix=prefix)

    assert prefixes([alice.pk, bob.pk]) == [(keys[0].pk, "alice"), (keys[1].pk, "bob")]
    assert prefixes([bob.pk]) == [(keys[1].pk, "bob")]
    assert [(key.pk, key.owner) for key in with_owner("bob")] == [(keys[1].pk, bob)]


@pytest.mark.django_db
def test_percent_signs_in_conditions(alice: User) -> None:
    @compiled
    def like(username: str) -> QuerySet[User]:
        return User.objects.filter(username=username).exclude(first_name__contains="100%s")

    assert like("alice") == [alice]
    User.objects.update(first_name="at 100%s")
    assert like("alice") == []


@pytest.mark.django_db
def test_arguments_that_are_changed_or_unread_are_refused(alice: User) -> None:
    @compiled
    def next_one(user_id: int) -> QuerySet[User]:
        return User.objects.filter(pk=user_id + 1)

    @compiled
    def anyone(_user_id: int) -> QuerySet[User]:
        return User.objects.all()

    for wrong in (next_one, anyone):
        with pytest.raises(TypeError, match=wrong.__name__):
            wrong(alice.pk)


@pytest.mark.django_db
def test_postgres_plans_it_once(alice: User) -> None:
    @compiled
    def of_today(user_id: int) -> QuerySet[User]:
        return User.objects.filter(pk=user_id, last_name="planned once")

    User.objects.update(last_name="planned once")
    assert [of_today(alice.pk) for _ in range(THRESHOLD + 2)] == [[alice]] * (THRESHOLD + 2)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE strpos(statement, 'planned once') > 0")
        assert cursor.fetchone() == (1,)
    User.objects.update(last_name="")
    assert of_today(alice.pk) == []
