"""Measurements made here: the recent answers of the endpoints that serve a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Aggregate, Count, FloatField, Max, Q

from apps.endpoints.choices import Health, State
from apps.endpoints.models import Endpoint

HOURS = 24


class Median(Aggregate):
    """The median; of an even number of values, halfway between the middle two."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)%(filter)s"
    output_field = FloatField()


@dataclass(frozen=True, slots=True)
class Measurement:
    """Medians of an endpoint's replies in the last ``HOURS``: ``seconds`` to the first token, and tokens per second.

    ``None`` if there was no reply to measure. Only signed-in people see the endpoint's name.
    """

    name: str
    health: str
    seconds: float | None
    speed: float | None
    replies: int
    latest: datetime | None

    @property
    def is_up(self) -> bool:
        return self.health != Health.DOWN


def measurements(*, variant: str, size: str, now: datetime, person_id: int | None = None) -> Sequence[Measurement]:
    """Return the measurements of a model's enabled endpoints, the preferred one first; one query, asks no server.

    ``person_id`` keeps only the endpoints that this person may use, since signed-in people see their names.
    """
    lately = Q(observations__ok=True, observations__at__gte=now - timedelta(hours=HOURS))
    timed = lately & Q(observations__seconds_to_first_token__isnull=False)
    endpoints = Endpoint.objects.filter(variant=variant, size=size, state=State.ENABLED)
    usable = endpoints if person_id is None else endpoints.usable_by(person_id)
    measured = usable.annotate(
        seconds=Median("observations__seconds_to_first_token", filter=lately),
        speed=Median("observations__tokens_per_second", filter=lately),
        replies=Count("observations", filter=timed),
        latest=Max("observations__at", filter=timed),
    )
    rows = measured.preferred_first().values_list("name", "health", "seconds", "speed", "replies", "latest")
    return [Measurement(*row) for row in rows]


def served_models() -> set[tuple[str, str]]:
    """Return variant and size of every model that an enabled endpoint serves; one query."""
    return set(Endpoint.objects.enabled().exclude(size="").values_list("variant", "size"))
