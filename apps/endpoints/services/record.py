"""Store observations and let them change the endpoint's health."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apps.endpoints.health.rules import SLOW, Evidence, Standing, Verdict, evidence_of, judge
from apps.endpoints.models import Endpoint, Observation, ObservationKind
from apps.inference.errors import InferenceError
from apps.stores.batches import delete_in_batches
from apps.stores.outages import POSTGRES_AWAY

logger = structlog.get_logger(__name__)

SUCCESS = """
    WITH healthy AS (
        UPDATE endpoints_endpoint SET last_generated_at = statement_timestamp()
        WHERE id = %s AND health = 'healthy' AND health_reason = '' AND consecutive_failures = 0 AND retry_at IS NULL
        RETURNING id
    )
    INSERT INTO endpoints_observation
        (endpoint_id, kind, ok, error_kind, seconds_to_first_token, tokens_per_second, duration)
    SELECT id, %s, true, '', %s::float, %s::float, %s::float FROM healthy
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """The speed of one reply: seconds, and tokens per second."""

    seconds_to_first_token: float | None = None
    tokens_per_second: float | None = None
    duration: float | None = None


def record_success(
    *,
    endpoint_id: UUID,
    seconds_to_first_token: float | None = None,
    tokens_per_second: float | None = None,
    duration: float | None = None,
) -> None:
    """Record that a person's reply succeeded."""
    is_late = seconds_to_first_token is not None and seconds_to_first_token > settings.ENDPOINT_SLOW_SECONDS
    _observe(
        endpoint_id,
        ObservationKind.TRAFFIC,
        Evidence(Verdict.LATE, SLOW) if is_late else Evidence(Verdict.WORKS),
        Speed(seconds_to_first_token, tokens_per_second, duration),
    )


def record_failure(*, endpoint_id: UUID, error: InferenceError, duration: float | None = None) -> None:
    """Record that a person's reply failed; ignore errors that are the request's fault."""
    evidence = evidence_of(error)
    if evidence is not None:
        _observe(endpoint_id, ObservationKind.TRAFFIC, evidence, Speed(duration=duration))


def record_probe(*, endpoint_id: UUID, evidence: Evidence, speed: Speed, facts: dict[str, Any]) -> None:
    """Record the result of a probe. ``facts`` are the discovered fields of the endpoint."""
    facts = {**facts, "last_probed_at": Now()}
    _observe(endpoint_id, ObservationKind.PROBE, evidence, speed, facts)


def prune_observations() -> int:
    """Delete observations older than ``ENDPOINT_HISTORY_DAYS``; return their number."""
    oldest = timezone.now() - timedelta(days=settings.ENDPOINT_HISTORY_DAYS)
    return delete_in_batches(Observation.objects.filter(at__lt=oldest))


def _observe(
    endpoint_id: UUID, kind: ObservationKind, evidence: Evidence, speed: Speed, facts: dict[str, Any] | None = None
) -> None:
    try:
        is_mere_success = evidence.verdict is Verdict.WORKS and not facts
        if not (is_mere_success and _store_if_healthy(endpoint_id, kind, speed)):
            _keep(endpoint_id, kind, evidence, speed, facts or {})
    except POSTGRES_AWAY as error:  # a failure to record must not fail the reply
        logger.warning("observation not kept", endpoint=str(endpoint_id), error=type(error).__name__)


def _store_if_healthy(endpoint_id: UUID, kind: ObservationKind, speed: Speed) -> bool:
    """Store a success that leaves the endpoint's standing as it is, in one statement: most successes are like this."""
    figures = [speed.seconds_to_first_token, speed.tokens_per_second, speed.duration]
    with connection.cursor() as cursor:
        cursor.execute(SUCCESS, [endpoint_id, kind, *figures])
        return bool(cursor.rowcount)


@transaction.atomic
def _keep(endpoint_id: UUID, kind: ObservationKind, evidence: Evidence, speed: Speed, facts: dict[str, Any]) -> None:
    # The lock makes concurrent evidence count one after the other; a deleted endpoint has no row to lock.
    endpoint = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None:
        return
    changed = {**_standing_after(endpoint, evidence, timezone.now()), **facts}
    if evidence.verdict in (Verdict.WORKS, Verdict.SLOW):
        changed["last_generated_at"] = Now()
    if changed:
        Endpoint.objects.filter(pk=endpoint_id).update(**changed)
    _store(endpoint_id, kind, evidence, speed)


def _store(endpoint_id: UUID, kind: ObservationKind, evidence: Evidence, speed: Speed) -> None:
    Observation.objects.create(
        endpoint_id=endpoint_id,
        kind=kind,
        ok=evidence.verdict in (Verdict.WORKS, Verdict.SLOW, Verdict.LATE, Verdict.ANSWERS),
        error_kind=evidence.error_kind,
        seconds_to_first_token=speed.seconds_to_first_token,
        tokens_per_second=speed.tokens_per_second,
        duration=speed.duration,
    )


def _standing_after(endpoint: Endpoint, evidence: Evidence, now: datetime) -> dict[str, Any]:
    before = Standing(
        endpoint.health,
        endpoint.health_since,
        endpoint.health_reason,
        endpoint.consecutive_failures,
        endpoint.retry_at,
    )
    after = judge(before, evidence, now)
    if after == before:
        return {}
    if after.health != before.health:
        logger.info("endpoint health changed", endpoint=endpoint.name, health=str(after.health), reason=after.reason)
    return {
        "health": after.health,
        "health_since": after.since,
        "health_reason": after.reason,
        "consecutive_failures": after.failures,
        "retry_at": after.retry_at,
    }
