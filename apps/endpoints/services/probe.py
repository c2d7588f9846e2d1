"""One round of probes: all endpoints in service at once, each within its time limit."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from redis.exceptions import LockError

from apps.endpoints.errors import TokenUnreadable
from apps.endpoints.health.probe import Finding, ProbedServer, ask_all
from apps.endpoints.health.rules import TOKEN_UNREADABLE
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services.record import Speed, record_probe
from apps.endpoints.slots import running_counts
from apps.stores.redis import sync_client

LOCK = "workbench:endpoints:probing"


def probe_endpoints() -> int:
    """Probe every enabled and draining endpoint and store the results; return their number.

    Do nothing while another round is running, so that slow rounds do not pile up.
    """
    lock = sync_client().lock(LOCK, timeout=settings.ENDPOINT_PROBE_TIMEOUT_SECONDS + 30)
    if not lock.acquire(blocking=False):
        return 0
    try:
        return _probe_round()
    finally:
        with suppress(LockError):  # the round took so long that its lock expired
            lock.release()


def _probe_round() -> int:
    endpoints = list(Endpoint.objects.in_service())
    running = running_counts(endpoint.pk for endpoint in endpoints)
    now = timezone.now()
    subjects, unreadable = [], []
    for endpoint in endpoints:
        wants_reply = _wants_reply(endpoint, running[endpoint.pk], now)
        try:
            subjects.append(_subject(endpoint, wants_reply=wants_reply))
        except TokenUnreadable:
            unreadable.append(Finding(endpoint.pk, TOKEN_UNREADABLE, seconds=0.0))
    for finding in [*unreadable, *ask_all(subjects)]:
        _keep(finding)
    return len(endpoints)


def _subject(endpoint: Endpoint, *, wants_reply: bool) -> ProbedServer:
    return ProbedServer(endpoint.pk, endpoint.server, endpoint.protocol, endpoint.capabilities, wants_reply)


def _wants_reply(endpoint: Endpoint, running: int, now: datetime) -> bool:
    """Return whether the probe asks for a reply too. A server that is full of our replies proves itself by them."""
    if endpoint.health not in (Health.HEALTHY, Health.DEGRADED):
        return True
    if running >= endpoint.max_concurrency or endpoint.rests(now):
        return False
    age = timedelta(seconds=settings.ENDPOINT_GENERATION_PROBE_SECONDS)
    recently = endpoint.last_generated_at is not None and endpoint.last_generated_at > now - age
    return endpoint.health == Health.DEGRADED or not recently


def _keep(finding: Finding) -> None:
    record_probe(
        endpoint_id=finding.endpoint_id,
        evidence=finding.evidence,
        speed=Speed(seconds_to_first_token=finding.seconds_to_first_token, duration=finding.seconds),
        facts=finding.facts,
    )
