"""The limits of a person and an API key, and what is left of them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.db.models import Q, QuerySet

from apps.accounts.limits import LimitFields
from apps.accounts.models import ApiKey, User
from apps.stores.compiled import compiled
from apps.usage.errors import LimitReached
from apps.usage.models import Limit

FIELDS = ("generations_at_once", "requests_per_minute", "tokens_per_day")


@dataclass(frozen=True, slots=True)
class Allowance:
    """The limits of one holder, a person or a key; 0 means no limit. ``name`` is the holder's name in Redis."""

    name: str
    whose: str
    generations_at_once: int
    requests_per_minute: int
    tokens_per_day: int

    @classmethod
    def of_key(cls, key: ApiKey) -> Self:
        return cls(f"key:{key.pk}", "This API key has", *(getattr(key, field) or 0 for field in FIELDS))

    @classmethod
    def of_person(cls, owner: User) -> Self:
        """Return the person's own limits, else their groups' widest limits, else the limits in the settings."""
        limits = _read_limits(owner.pk)
        limits.sort(key=lambda limit: limit.user_id is None)
        return cls(f"person:{owner.pk}", "You have", *(_effective(limits, field) for field in FIELDS))

    @property
    def kind(self) -> str:
        """Return ``person`` or ``key``."""
        return self.name.partition(":")[0]

    @property
    def counts(self) -> bool:
        """Return whether Redis must count this holder's requests."""
        return bool(self.requests_per_minute or self.tokens_per_day)


def allowances_of(owner: User, key: ApiKey | None) -> list[Allowance]:
    """Return the allowances that a request uses: the person's, and the key's if there is one."""
    return [Allowance.of_person(owner), *([Allowance.of_key(key)] if key else [])]


@compiled
def _read_limits(owner_id: int) -> QuerySet[Limit]:
    return Limit.objects.filter(Q(user=owner_id) | Q(group__user=owner_id))


def _effective(limits: Sequence[LimitFields], field: str) -> int:
    for is_own in (True, False):
        given = [
            value
            for limit in limits
            if (getattr(limit, "user_id", None) is not None) == is_own and (value := getattr(limit, field)) is not None
        ]
        if given:
            return 0 if 0 in given else max(given)
    defaults = {
        "generations_at_once": settings.GENERATIONS_PER_PERSON,
        "requests_per_minute": settings.REQUESTS_PER_MINUTE,
        "tokens_per_day": settings.TOKENS_PER_DAY,
    }
    return int(defaults[field])


@dataclass(frozen=True, slots=True)
class Standing:
    """The amounts that one holder has used, and the seconds until the counters reset.

    ``is_refused`` means that the request was not counted, because some holder's limit is reached.
    """

    allowance: Allowance
    requests: int
    requests_reset: float
    tokens: int
    tokens_reset: float
    is_refused: bool = False

    @property
    def requests_left(self) -> int:
        return max(0, self.allowance.requests_per_minute - self.requests)

    @property
    def tokens_left(self) -> int:
        return max(0, self.allowance.tokens_per_day - self.tokens)

    @property
    def refusal(self) -> LimitReached | None:
        """Return the error for a refused request if this holder's limit is the reason."""
        most = self.allowance
        if not self.is_refused:
            return None
        if most.tokens_per_day and self.tokens >= most.tokens_per_day:
            seconds = max(1, math.ceil(self.tokens_reset))
            sentence = f"{most.whose} used today’s {most.tokens_per_day:,} tokens. There are more at 00:00 UTC"
            return LimitReached(f"{sentence}, in {in_words(seconds)}.", seconds=seconds)
        if most.requests_per_minute and self.requests >= most.requests_per_minute:
            seconds = max(1, math.ceil(self.requests_reset))
            number = most.requests_per_minute
            requests = "1 request" if number == 1 else f"{number:,} requests"
            sentence = f"{most.whose} sent {requests} within a minute, the most."
            return LimitReached(f"{sentence} Try again in {in_words(seconds)}.", seconds=seconds)
        return None


def in_words(seconds: int) -> str:
    """Return a time to wait: “1 second”, “40 seconds”, “3 minutes”, “5 hours”."""
    for unit, size in (("hour", 3600), ("minute", 60), ("second", 1)):
        if seconds >= 2 * size or size == 1:
            number = math.ceil(seconds / size)
            return f"{number} {unit}{'' if number == 1 else 's'}"
    raise AssertionError


def headers_for(standings: Sequence[Standing]) -> dict[str, str]:
    """Return ``x-ratelimit-…`` headers, as OpenAI's API has them; for each kind, the limit with the least left."""
    return dict([*_headers("requests", standings), *_headers("tokens", standings)])


def _headers(kind: str, standings: Sequence[Standing]) -> Iterator[tuple[str, str]]:
    limit = {"requests": "requests_per_minute", "tokens": "tokens_per_day"}[kind]
    limited = [standing for standing in standings if getattr(standing.allowance, limit)]
    if not limited:
        return
    least = min(limited, key=lambda standing: int(getattr(standing, f"{kind}_left")))
    yield f"x-ratelimit-limit-{kind}", str(getattr(least.allowance, limit))
    yield f"x-ratelimit-remaining-{kind}", str(getattr(least, f"{kind}_left"))
    yield f"x-ratelimit-reset-{kind}", f"{math.ceil(getattr(least, f'{kind}_reset'))}s"
