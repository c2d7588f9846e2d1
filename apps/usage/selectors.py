"""Read use by day, person, key and endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F, Sum
from django.utils.formats import date_format

if TYPE_CHECKING:
    from apps.usage.models import UsageDayQuerySet

FIGURES = ("generations", "failed", "cancelled", "prompt_tokens", "completion_tokens")
PERIODS = (7, 30, 90, 365)
USUAL_PERIOD = 30
PAGES = "chats and playground"
NOWHERE = "none"  # for generations that ended before an endpoint ran them


@dataclass(frozen=True, slots=True)
class Used:
    """The figures of one day, person, key or endpoint."""

    name: str
    generations: int = 0
    failed: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


def period_from(text: str) -> int:
    """Return the number of days in the address, or the default."""
    return int(text) if text.isascii() and text.isdigit() and int(text[:4]) in PERIODS else USUAL_PERIOD


def first_day(days: int) -> date:
    """Return the first of the latest ``days`` UTC days, including today."""
    return datetime.now(UTC).date() - timedelta(days=days - 1)


def used_by_day(used: UsageDayQuerySet, *, days: int) -> list[Used]:
    """Return every day, the earliest first; days without use have zeros."""
    found = {row["day"]: row for row in _sums(used.values("day"))}
    start = first_day(days)
    return [
        _used(date_format(day), found.get(day, {}))
        for day in (start + timedelta(days=number) for number in range(days))
    ]


def used_by_person(used: UsageDayQuerySet) -> list[Used]:
    return _most_first(_used(row["owner__username"], row) for row in _sums(used.values("owner__username")))


def used_by_key(used: UsageDayQuerySet) -> list[Used]:
    """Return use by key, named by its first characters and its name; chats and the playground have no key."""
    grouped = used.values("api_key", "api_key__prefix", "api_key__name", "owner__username")
    pages: dict[str, int] = dict.fromkeys(FIGURES, 0)
    keys: list[Used] = []
    for row in _sums(grouped):
        if row["api_key"] is None:
            pages = {name: pages[name] + row[name] for name in FIGURES}
        else:
            keys.append(_used(f"{row['api_key__prefix']}… {row['api_key__name']}".strip(), row))
    return _most_first([*keys, *([_used(PAGES, pages)] if pages["generations"] else [])])


def used_by_endpoint(used: UsageDayQuerySet) -> list[Used]:
    return _most_first(_used(row["endpoint_name"] or NOWHERE, row) for row in _sums(used.values("endpoint_name")))


def usage_rows(used: UsageDayQuerySet) -> Iterator[dict[str, Any]]:
    """Yield every row in the form of the downloads, the latest day first."""
    columns = used.order_by("-day", "owner__username", "endpoint_name", "api_key").values(
        "day",
        *FIGURES,
        person=F("owner__username"),
        key=F("api_key__prefix"),
        key_name=F("api_key__name"),
        endpoint=F("endpoint_name"),
    )
    for row in columns.iterator():
        yield {
            "day": f"{row['day']:%Y-%m-%d}",
            "person": row["person"],
            "key": row["key"] or "",
            "key_name": row["key_name"] or "",
            "endpoint": row["endpoint"],
            **{name: row[name] for name in FIGURES},
        }


def _sums(grouped: Any) -> Any:
    """Add up the figures of each group. Columns already have the figures' names, so rename the sums afterwards."""
    sums = {f"total_{name}": Sum(name) for name in FIGURES}
    for row in grouped.order_by().annotate(**sums):
        yield {name.removeprefix("total_"): value for name, value in row.items()}


def _used(name: str, row: Any) -> Used:
    return Used(name, *(int(row.get(figure) or 0) for figure in FIGURES))


def _most_first(rows: Any) -> list[Used]:
    found: Sequence[Used] = list(rows)
    return sorted(found, key=lambda used: (-used.tokens, -used.generations, used.name))
