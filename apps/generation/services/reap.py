"""Requeue generations that no worker is working on."""

from datetime import timedelta
from functools import reduce
from operator import or_

import structlog
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from redis.exceptions import RedisError

from apps.endpoints.health.absence import describe_absences
from apps.endpoints.health.outages import Outages, read_outages
from apps.endpoints.slots import release_slots_of
from apps.generation.models import Generation, State
from apps.generation.services.enqueue import enqueue
from apps.generation.services.finish import give_up_generation, take_back_generation
from apps.generation.worker_identity import is_dead

logger = structlog.get_logger(__name__)

MOST_AT_ONCE = 50
MOST_TICKETS = 1_000  # tickets that one reaping sends again: more than the slots that come free in two seconds
GAVE_UP = "The workers writing this reply kept stopping, so it was given up. The text so far is kept."

NOT_BACK = "Every model server for the {variant} variant has been down for too long, so this reply was given up."
TOO_BUSY = "Every model server for the {variant} variant was busy for too long, so this reply was given up. Try later."
NOT_BACK_ALONE = "{absence}. No other model server may write this reply, so it was given up after a while."


def reap_generations() -> int:
    """Requeue generations with an expired lease and resend lost tickets; return how many.

    Fail those that have waited ``GENERATION_OUTAGE_SECONDS`` for an endpoint to come back.
    """
    _give_up_waiting()
    _expire_leases_of_the_dead()
    return _requeue_abandoned() + _resend_lost()


def _expire_leases_of_the_dead() -> None:
    """Expire the leases of workers of this machine whose process is gone."""
    running = Generation.objects.filter(state=State.RUNNING)
    names = running.order_by().values_list("worker", flat=True).distinct()
    if dead := [name for name in names if is_dead(name)]:
        logger.warning("worker gone", workers=dead)
        held = running.filter(worker__in=dead)
        try:
            release_slots_of(dead, held.exclude(endpoint=None).values_list("endpoint", flat=True).distinct())
        except RedisError as error:  # the slots expire by themselves
            logger.warning("slots not freed", error=type(error).__name__)
        held.update(lease_expires_at=Now() - timedelta(seconds=1))


def _requeue_abandoned() -> int:
    count = 0
    abandoned = Generation.objects.with_expired_lease()  # read without texts: there may be a thousand
    for generation_id, attempt, lost_leases in abandoned.values_list("pk", "attempt", "lost_leases"):
        logger.warning("lease expired", generation=str(generation_id), attempt=attempt)
        if lost_leases < settings.GENERATION_MAX_ATTEMPTS:
            count += take_back_generation(generation_id=generation_id, attempt=attempt)
        elif generation := abandoned.filter(pk=generation_id, attempt=attempt).first():
            count += give_up_generation(generation=generation, error=GAVE_UP)
    return count


def _give_up_waiting() -> None:
    waiting = Generation.objects.filter(state=State.QUEUED)
    owners = set(waiting.order_by().values_list("owner", flat=True).distinct())
    if not owners:
        return
    is_stuck = _hit_by(read_outages(with_refusing=True, people=owners))
    waiting.exclude(is_stuck).filter(stuck_since__isnull=False).update(stuck_since=None)
    waiting.filter(is_stuck, stuck_since__isnull=True).update(stuck_since=Now())
    longest = timedelta(seconds=settings.GENERATION_OUTAGE_SECONDS)
    given_up = list(waiting.filter(stuck_since__lt=Now() - longest)[:MOST_AT_ONCE])
    if not given_up:
        return
    down = read_outages(people=owners)
    absences = describe_absences({generation.wanted for generation in given_up if generation.wanted})
    for generation in given_up:
        job = (generation.variant, generation.task)
        sentence = NOT_BACK if job in down.for_person(generation.owner_id).jobs else TOO_BUSY
        error = sentence.format(variant=generation.variant)
        if generation.wanted:
            error = NOT_BACK_ALONE.format(absence=absences[generation.wanted])
        give_up_generation(generation=generation, error=error)


def _hit_by(outages: Outages) -> Q:
    """Return the condition for generations for which every endpoint that the owner may use is down."""
    alike = outages.barred.alike
    if not alike:
        return _hit(outages)
    others = ~Q(owner__in=list(outages.barred.by_person)) & _hit(outages)
    each = (Q(owner__in=people) & _hit(outages.without(barred)) for barred, people in alike.items())
    return reduce(or_, each, others)


def _hit(outages: Outages) -> Q:
    """Return the condition for generations whose wanted endpoint, or every endpoint, is down."""
    wants_one = ~Q(wanted_name="")
    finds_none = reduce(or_, (Q(variant=variant, task=task) for variant, task in outages.jobs), Q(pk__in=()))
    finds_it = reduce(
        or_,
        (Q(variant=variant, task=task, wanted_endpoint__in=up) for (variant, task), up in outages.up.items()),
        Q(pk__in=()),
    )
    return (~wants_one & finds_none) | (wants_one & ~finds_it)


def _resend_lost() -> int:
    """Send overdue tickets again: the broker may have lost them. A ticket sent twice does no harm."""
    overdue = timedelta(seconds=settings.GENERATION_RESEND_SECONDS)
    lost = Generation.objects.filter(state=State.QUEUED, enqueued_at__lt=Now() - overdue).order_by("enqueued_at")
    ids = list(lost.values_list("pk", flat=True)[:MOST_TICKETS])
    if ids:
        Generation.objects.filter(pk__in=ids).update(enqueued_at=Now())
        enqueue(ids)
    return len(ids)
