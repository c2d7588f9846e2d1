"""An endpoint's health in one sentence."""

import math
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from apps.endpoints.choices import Health
from apps.endpoints.models import Endpoint

LONG = 100  # seconds


def describe_health(endpoint: Endpoint, now: datetime | None = None, *, named: bool = True) -> str:
    """Return a sentence like “CodeLlama-7b-Instruct-hf at gpu-1 stopped answering at 14:02, retrying in 8 s.”.

    Without ``named`` the sentence leaves the name out: “Stopped answering at 14:02, …”.
    """
    now = now or timezone.now()
    sentence = _predicate(endpoint, now)
    return f"{endpoint.title} {sentence}" if named else sentence[:1].upper() + sentence[1:]


def _predicate(endpoint: Endpoint, now: datetime) -> str:
    moment = at_moment(endpoint.health_since, now)
    if endpoint.health == Health.UNKNOWN:
        return "has not been asked yet."
    if endpoint.health == Health.HEALTHY:
        return f"has been answering since {moment.removeprefix('at ')}."
    if endpoint.health == Health.DOWN or endpoint.rests(now):
        return f"{endpoint.health_reason} {moment}, {_retry(endpoint, now)}."
    return f"{endpoint.health_reason} {moment}."


def at_moment(moment: datetime, now: datetime) -> str:
    """Return words like “at 14:02”, with the date if it is another day."""
    local = timezone.localtime(moment)
    time = date_format(local, "H:i")
    if local.date() == timezone.localtime(now).date():
        return f"at {time}"
    return f"at {time} on {date_format(local, 'j F')}"


def _retry(endpoint: Endpoint, now: datetime) -> str:
    seconds = math.ceil((endpoint.retry_at - now).total_seconds()) if endpoint.retry_at else 0
    if seconds <= 0:
        return "retrying now"
    return f"retrying in {seconds} s" if seconds < LONG else f"retrying in {round(seconds / 60)} min"
