"""The console's cards: two queries and one Redis call, however many endpoints there are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db.models import Avg, Count, Q
from django.db.models.functions import TruncMinute
from redis.exceptions import RedisError

from apps.endpoints.choices import Capability, Health, ObservationKind, State
from apps.endpoints.console.sparkline import MINUTES, Sparkline, draw_sparkline
from apps.endpoints.console.waiting import waiting_by_variant
from apps.endpoints.health.sentences import describe_health
from apps.endpoints.models import Endpoint, Observation
from apps.endpoints.slots import running_counts

logger = structlog.get_logger(__name__)

LONGEST_FACT = 100
SHOWN_APART = {"version", "context_window", "capabilities"}
HEALTH_WORDS = {
    Health.HEALTHY: ("good", "Healthy"),
    Health.DEGRADED: ("warning", "Degraded"),
    Health.DOWN: ("danger", "Down"),
    Health.UNKNOWN: ("neutral", "Not checked yet"),
}
MOST_URGENT = [Health.DOWN, Health.DEGRADED]
STATE_WORDS = {State.DRAINING: ("warning", "Draining"), State.DISABLED: ("neutral", "Disabled")}


@dataclass(frozen=True, slots=True)
class Traffic:
    """Observations of the last hour. Probes ask for one token, so their times are kept apart from replies'."""

    first_token: Sparkline
    probe_first_token: Sparkline
    speed: Sparkline
    seen: int
    failed: int

    @property
    def is_measured(self) -> bool:
        return not (self.first_token.is_empty and self.probe_first_token.is_empty and self.speed.is_empty)

    @property
    def error_rate(self) -> str:
        """Return the failures in words: “2 of 120 failed (1.7 %)”."""
        if not self.seen:
            return "nothing observed"
        if not self.failed:
            return f"none of {self.seen:,}"
        return f"{self.failed:,} of {self.seen:,} ({100 * self.failed / self.seen:.1f} %)"


@dataclass(frozen=True, slots=True)
class Card:
    """One endpoint as the console shows it. ``running`` is ``None`` while Redis is away."""

    endpoint: Endpoint
    traffic: Traffic
    running: int | None
    waiting: int
    now: datetime

    @property
    def health(self) -> tuple[str, str]:
        """Return the tone and word for the endpoint's health."""
        return HEALTH_WORDS[Health(self.endpoint.health)]

    @property
    def restriction(self) -> tuple[str, str] | None:
        """Return the tone and word for a state other than enabled; ``None`` when enabled."""
        return STATE_WORDS.get(State(self.endpoint.state))

    @property
    def is_watched(self) -> bool:
        """Return whether probes check the server; a disabled server is not probed."""
        return self.endpoint.state != State.DISABLED

    @property
    def sentence(self) -> str:
        """Say how the endpoint is doing, since when, and why. The card's title names the endpoint."""
        return describe_health(self.endpoint, self.now, named=False)

    @property
    def urgency(self) -> int:
        """Return a sort key: 0 for a server that is down, then degraded servers, then the others."""
        if not self.is_watched:
            return len(MOST_URGENT)
        health = Health(self.endpoint.health)
        return MOST_URGENT.index(health) if health in MOST_URGENT else len(MOST_URGENT)

    @property
    def abilities(self) -> list[str]:
        """Return the capabilities in words: none until a probe reaches the server or an admin sets some."""
        endpoint = self.endpoint
        if endpoint.discovered_capabilities is None and not endpoint.capability_overrides:
            return []
        return [label for value, label in Capability.choices if value in self.endpoint.capabilities]

    @property
    def discovered_facts(self) -> list[tuple[str, str]]:
        """Return the other facts that the server reports, in order of their names; long values are left out."""
        facts = sorted(self.endpoint.discovered.items())
        return [
            (name.replace("_", " ").capitalize(), f"{value:,}" if isinstance(value, int) else f"{value}")
            for name, value in facts
            if name not in SHOWN_APART and _is_short(value)
        ]

    @property
    def server_queue(self) -> int | None:
        """Return the number of requests in the server's own queue, if it reports one."""
        queue = self.endpoint.discovered.get("queue_size")
        return queue if isinstance(queue, int) else None


def _is_short(value: Any) -> bool:
    return isinstance(value, str | int | float) and value != "" and len(str(value)) <= LONGEST_FACT


def read_cards(now: datetime) -> list[Card]:
    """Return a card for every endpoint, preferred endpoints first. Reads stored facts and calls no server."""
    endpoints = list(Endpoint.objects.preferred_first())
    if not endpoints:
        return []
    return _cards(endpoints, now)


def read_card(endpoint: Endpoint, now: datetime) -> Card:
    """Return the card of one endpoint."""
    return _cards([endpoint], now)[0]


def running_by_id(ids: list[UUID]) -> dict[UUID, int]:
    """Count the running generations of each endpoint; return nothing while Redis is away, so that the page stays up."""
    try:
        return running_counts(ids)
    except (RedisError, OSError) as error:
        logger.warning("running replies not counted", error=type(error).__name__)
        return {}


def _cards(endpoints: list[Endpoint], now: datetime) -> list[Card]:
    ids = [endpoint.pk for endpoint in endpoints]
    traffic = _traffic_by_endpoint(ids, now)
    running = running_by_id(ids)
    waiting = waiting_by_variant()
    return [
        Card(
            endpoint=endpoint,
            traffic=traffic[endpoint.pk],
            running=running.get(endpoint.pk),
            waiting=waiting.get(endpoint.variant, 0),
            now=now,
        )
        for endpoint in endpoints
    ]


def _traffic_by_endpoint(ids: list[UUID], now: datetime) -> dict[UUID, Traffic]:
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=MINUTES - 1)
    rows = (
        Observation.objects.since(start)
        .filter(endpoint__in=ids)
        .values("endpoint_id", minute=TruncMinute("at"))
        .annotate(
            first_token=_first_token(ObservationKind.TRAFFIC),
            probe_first_token=_first_token(ObservationKind.PROBE),
            speed=Avg("tokens_per_second"),
            seen=Count("pk"),
            failed=Count("pk", filter=Q(ok=False)),
        )
        .order_by()
    )
    grouped: dict[UUID, list[Mapping[str, Any]]] = {endpoint_id: [] for endpoint_id in ids}
    for row in rows:
        grouped[row["endpoint_id"]].append(row)
    return {endpoint_id: _traffic(minutes, start) for endpoint_id, minutes in grouped.items()}


def _first_token(kind: ObservationKind) -> Avg:
    return Avg("seconds_to_first_token", filter=Q(kind=kind))


def _traffic(rows: list[Mapping[str, Any]], start: datetime) -> Traffic:
    return Traffic(
        first_token=draw_sparkline(
            name="First token, replies", unit="ms", by_minute=_by_minute(rows, "first_token", start, times=1000)
        ),
        probe_first_token=draw_sparkline(
            name="First token, probes", unit="ms", by_minute=_by_minute(rows, "probe_first_token", start, times=1000)
        ),
        speed=draw_sparkline(name="Speed", unit="tokens/s", by_minute=_by_minute(rows, "speed", start, times=1)),
        seen=sum(row["seen"] for row in rows),
        failed=sum(row["failed"] for row in rows),
    )


def _by_minute(rows: Iterable[Mapping[str, Any]], figure: str, start: datetime, *, times: float) -> dict[int, float]:
    minutes = ((int((row["minute"] - start).total_seconds() // 60), row[figure]) for row in rows)
    return {minute: value * times for minute, value in minutes if value is not None and 0 <= minute < MINUTES}
