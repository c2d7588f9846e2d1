"""An endpoint's health in one sentence."""

import math
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format

from apps.endpoints.choices import Health
from apps.endpoints.models import Endpoint


def describe_health(endpoint: Endpoint, now: datetime | None = None) -> str:
    """Return a sentence like “CodeLlama-7b-Instruct-hf at gpu-1 stopped answering at 14:02, retrying in 8 s”."""
    now = now or timezone.now()
    moment = at_moment(endpoint.health_since, now)
    match endpoint.health:
        case Health.UNKNOWN:
            return f"{endpoint.title} has not been asked yet."
        case Health.HEALTHY:
            return f"{endpoint.title} has been answering since {moment.removeprefix('at ')}."
        case Health.DOWN:
            return f"{endpoint.title} {endpoint.health_reason} {moment}, {_retry(endpoint, now)}."
    if endpoint.rests(now):
        return f"{endpoint.title} {endpoint.health_reason} {moment}, {_retry(endpoint, now)}."
    return f"{endpoint.title} {endpoint.health_reason} {moment}."


def at_moment(moment: datetime, now: datetime) -> str:
    """Return words like “at 14:02”, with the date if it is another day."""
    local = timezone.localtime(moment)
    time = date_format(local, "H:i")
    if local.date() == timezone.localtime(now).date():
        return f"at {time}"
    return f"at {time} on {date_format(local, 'j F')}"


def _retry(endpoint: Endpoint, now: datetime) -> str:
    seconds = math.ceil((endpoint.retry_at - now).total_seconds()) if endpoint.retry_at else 0
    return f"retrying in {seconds} s" if seconds > 0 else "retrying now"
