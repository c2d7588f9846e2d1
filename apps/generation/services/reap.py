"""Bring back generations that nobody is at work on."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models.functions import Now

from apps.generation.models import Generation, State
from apps.generation.selectors import text_so_far
from apps.generation.services.enqueue import enqueue
from apps.generation.services.finish import Outcome, finish_generation, take_back_generation

logger = structlog.get_logger(__name__)

MOST_AT_ONCE = 50
GAVE_UP = "The workers writing this reply kept stopping, so it was given up. The text so far is kept."


def reap_generations() -> int:
    """Requeue running generations whose lease has expired and queued ones whose task got lost; return how many."""
    return _requeue_abandoned() + _resend_lost()


def _requeue_abandoned() -> int:
    count = 0
    for generation in Generation.objects.with_expired_lease():
        logger.warning("lease expired", generation=str(generation.pk), attempt=generation.attempt)
        if generation.lost_leases < settings.GENERATION_MAX_ATTEMPTS:
            count += take_back_generation(generation_id=generation.pk, attempt=generation.attempt)
        else:
            count += _give_up(generation)
    return count


def _give_up(generation: Generation) -> bool:
    outcome = Outcome(state=State.FAILED, text=text_so_far(generation), error=GAVE_UP)
    return finish_generation(generation_id=generation.pk, attempt=generation.attempt, outcome=outcome)


def _resend_lost() -> int:
    """A task may be lost with its broker, and a place become free unnoticed; sending one twice does no harm."""
    overdue = timedelta(seconds=settings.GENERATION_RESEND_SECONDS)
    lost = Generation.objects.filter(state=State.QUEUED, enqueued_at__lt=Now() - overdue).order_by("enqueued_at")
    ids = list(lost.values_list("pk", flat=True)[:MOST_AT_ONCE])
    if ids:
        Generation.objects.filter(pk__in=ids).update(enqueued_at=Now())
        enqueue(ids)
    return len(ids)
