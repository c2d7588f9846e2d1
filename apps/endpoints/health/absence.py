"""Say why the one endpoint that was asked for cannot take work now, and since when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from apps.endpoints.choices import Health, State
from apps.endpoints.health.sentences import at_moment
from apps.endpoints.models import Endpoint, EndpointChange

REMOVED = {"field": "endpoint", "after": "removed"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The one endpoint that was asked for; ``endpoint_id`` is ``None`` once it was removed."""

    name: str
    endpoint_id: UUID | None


def describe_absence(wanted: Wanted) -> str:
    """Return the sentence of ``describe_absences`` for one endpoint."""
    return describe_absences([wanted])[wanted]


def describe_absences(wanted: Collection[Wanted]) -> dict[Wanted, str]:
    """Return sentences like “gpu-1 has been down since 14:02”, in at most three queries.

    Pass only endpoints that cannot take the work: for any other endpoint the sentence would be false.
    """
    if not wanted:
        return {}
    present = Endpoint.objects.in_bulk([item.endpoint_id for item in wanted if item.endpoint_id])
    gone = [item.name for item in wanted if item.endpoint_id not in present]
    restricted = [endpoint.pk for endpoint in present.values() if endpoint.state != State.ENABLED]
    removed_at = _removals(gone) if gone else {}
    restricted_at = _restrictions(restricted) if restricted else {}
    sentences: dict[Wanted, str] = {}
    for item in wanted:
        endpoint = present.get(item.endpoint_id) if item.endpoint_id else None
        if endpoint is None:
            sentences[item] = f"{item.name} was removed{_since(removed_at.get(item.name), 'at')}"
        else:
            sentences[item] = _absence_of(endpoint, restricted_at.get(endpoint.pk))
    return sentences


def _absence_of(endpoint: Endpoint, restricted_at: datetime | None) -> str:
    match endpoint.state, endpoint.health:
        case State.DISABLED, _:
            return f"{endpoint.name} has been switched off{_since(restricted_at)}"
        case State.DRAINING, _:
            return f"{endpoint.name} has taken no new work{_since(restricted_at)}"
        case _, Health.DOWN:
            return f"{endpoint.name} has been down{_since(endpoint.health_since)}"
    if endpoint.refuses:
        return f"{endpoint.name} has been too busy for new work{_since(endpoint.health_since)}"
    return f"{endpoint.name} does not do this kind of work any longer"


def _since(moment: datetime | None, word: str = "since") -> str:
    if moment is None:
        return ""
    return f" {word} {at_moment(moment, timezone.now()).removeprefix('at ')}"


def _removals(names: Collection[str]) -> dict[str, datetime]:
    removals = EndpointChange.objects.filter(endpoint_name__in=names, changes__contains=[REMOVED])
    return dict(removals.order_by("endpoint_name", "-at").distinct("endpoint_name").values_list("endpoint_name", "at"))


def _restrictions(endpoint_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each endpoint got its present state."""
    changes = EndpointChange.objects.filter(endpoint__in=endpoint_ids, changes__contains=[{"field": "state"}])
    return dict(changes.order_by("endpoint", "-at").distinct("endpoint").values_list("endpoint_id", "at"))
