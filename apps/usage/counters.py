"""Count requests of the current minute in Redis, and read the tokens of the current day from Postgres.

One script counts for the person and the API key in one round trip. No request counts tokens: a trigger adds the
tokens of each generation when it ends.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import structlog
from django.db.models import F, Q, Sum
from redis.exceptions import RedisError

from apps.accounts.models import ApiKey, User
from apps.stores.redis import script, sync_client
from apps.usage.allowances import Allowance, Standing
from apps.usage.models import UsageDay

logger = structlog.get_logger(__name__)

MINUTE = 60_000  # milliseconds


def take(allowances: Sequence[Allowance], *, owner: User, key: ApiKey | None) -> list[Standing]:
    """Count a request if no limit is reached, and return the use of each allowance. Raises ``LimitReached``.

    While Redis is away, no request is counted.
    """
    standings = standings_of(allowances, owner=owner, key=key, counts=True)
    refusals = list(filter(None, (standing.refusal for standing in standings)))
    if refusals:
        raise max(refusals, key=lambda refusal: refusal.seconds)
    return standings


def standings_of(
    allowances: Sequence[Allowance], *, owner: User, key: ApiKey | None, counts: bool = False
) -> list[Standing]:
    """Return the use of each allowance with limits; with ``counts``, count a request unless a limit is reached."""
    limited = [allowance for allowance in allowances if allowance.counts]
    if not limited:
        return []
    tokens = tokens_today(owner, key) if any(each.tokens_per_day for each in limited) else {}
    is_used_up = any(0 < each.tokens_per_day <= tokens.get(each.name, 0) for each in limited)
    is_counted, figures = _requests(limited, counts=counts and not is_used_up)
    left = seconds_of_day_left()
    return [
        Standing(each, requests, wait / 1000, tokens.get(each.name, 0), left, is_refused=counts and not is_counted)
        for each, (requests, wait) in zip(limited, figures, strict=True)
    ]


def tokens_today(owner: User, key: ApiKey | None) -> dict[str, int]:
    """Return the tokens that the person and the API key have used today, by the names of their allowances."""
    total = F("prompt_tokens") + F("completion_tokens")
    today = UsageDay.objects.visible_to(owner).filter(day=datetime.now(UTC).date())
    used = today.aggregate(person=Sum(total), key=Sum(total, filter=Q(api_key=key) if key else Q(pk__in=())))
    names = {"person": f"person:{owner.pk}", "key": f"key:{key.pk if key else ''}"}
    return {names[whose]: int(tokens or 0) for whose, tokens in used.items()}


def seconds_of_day_left() -> float:
    """Return the seconds until midnight UTC."""
    now = datetime.now(UTC)
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    return (midnight - now).total_seconds()


def _requests(limited: Sequence[Allowance], *, counts: bool) -> tuple[bool, list[tuple[int, int]]]:
    """Return whether a request was counted, and the requests counted and milliseconds left of each allowance."""
    nothing = [(0, 0)] * len(limited)
    if not any(each.requests_per_minute for each in limited):
        return counts, nothing
    keys = [f"workbench:limits:requests:{each.name}" for each in limited]
    limits = [each.requests_per_minute for each in limited]
    text = script("apps.usage.scripts", "take")
    try:
        answer = cast("Any", sync_client().eval(text, len(keys), *keys, int(counts), MINUTE, *limits))
    except RedisError as error:
        logger.warning("requests not counted", error=type(error).__name__)
        return counts, nothing
    is_counted, *figures = answer
    return bool(is_counted), list(zip(figures[0::2], figures[1::2], strict=True))
