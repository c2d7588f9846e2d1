"""Choose the endpoint for a generation, and take a slot on it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from django.utils import timezone

from apps.endpoints.errors import AllEndpointsBusy, NoEndpointAllowed, NoEndpointAvailable
from apps.endpoints.group_rights import NOBODY, read_barred
from apps.endpoints.health.rules import pause_after
from apps.endpoints.models import Endpoint, Health, State
from apps.endpoints.slots import Bid, take_slot

BY_HEALTH = {Health.HEALTHY: 0, Health.UNKNOWN: 1, Health.DEGRADED: 2}

type Preference = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The endpoints of a variant, preferred ones first. ``barred`` endpoints are for other groups."""

    variant: str
    known: Sequence[Endpoint]
    barred: Collection[UUID] = NOBODY

    @classmethod
    def of(cls, variant: str, owner_id: int | None = None) -> Self:
        """Query the endpoints of ``variant``, and which of these the person ``owner_id`` may not use."""
        known = list(Endpoint.objects.serving(variant).preferred_first().with_groups())
        return cls(variant, known, read_barred(known, [owner_id]).to(owner_id) if owner_id else NOBODY)

    def reserve(
        self, *, holder: UUID, excluding: Collection[UUID] = (), needs: Collection[str] = (), only: UUID | None = None
    ) -> Endpoint:
        """Take a slot on the best endpoint for ``holder``, who then renews and releases it.

        Order: capability (``needs``), health, priority, then least load. A degraded endpoint gets work only if none is
        better: a slot on a good server is worth waiting for. An endpoint that refused work as busy rests first. An
        endpoint that is down gets only one half-open probe, when its pause is over and no other is up. ``only`` names
        the one endpoint to use. One Redis call, unless there is a half-open probe. Reads stored facts and calls no
        server. Raises ``NoEndpointAvailable``, ``NoEndpointAllowed`` or ``AllEndpointsBusy``.
        """
        usable = [item for item in self._able(needs, only) if item.pk not in excluding]
        now = timezone.now()
        up = [endpoint for endpoint in usable if endpoint.health != Health.DOWN]
        ready = [endpoint for endpoint in up if not endpoint.rests(now)]
        endpoint = _take_best(ready, holder) if up else _try_again(usable, holder)
        if endpoint is not None:
            return endpoint
        if up and not ready:
            raise AllEndpointsBusy(self.variant, retry_after=_soonest(up, now))
        raise AllEndpointsBusy(self.variant) if up else _refusal(self.variant, self.known, usable)

    def _able(self, needs: Collection[str], only: UUID | None) -> list[Endpoint]:
        """Return the enabled endpoints that fit and that the person may use. Raises ``NoEndpointAllowed``."""
        able = [
            endpoint
            for endpoint in self.known
            if endpoint.state == State.ENABLED
            and only in (None, endpoint.pk)
            and endpoint.capabilities.issuperset(needs)
        ]
        allowed = [endpoint for endpoint in able if endpoint.pk not in self.barred]
        if able and not allowed:
            raise NoEndpointAllowed(able[0].name if only else f"a model server of the {self.variant} variant")
        return allowed


def reserve_endpoint(  # noqa: PLR0913 (a request has that many conditions)
    *,
    variant: str,
    holder: UUID,
    excluding: Collection[UUID] = (),
    needs: Collection[str] = (),
    only: UUID | None = None,
    owner_id: int | None = None,
) -> Endpoint:
    """Query the endpoints of ``variant``, then call ``Candidates.reserve`` for the person who asks."""
    return Candidates.of(variant, owner_id).reserve(holder=holder, excluding=excluding, needs=needs, only=only)


def _take_best(endpoints: Sequence[Endpoint], holder: UUID) -> Endpoint | None:
    preferences = sorted({preference(endpoint) for endpoint in endpoints})
    all_degraded = all(endpoint.health == Health.DEGRADED for endpoint in endpoints)
    bids = [
        Bid(
            endpoint.pk,
            rank=preferences.index(preference(endpoint)),
            limit=endpoint.max_concurrency if all_degraded or endpoint.health != Health.DEGRADED else 0,
            queue=endpoint.discovered.get("queue_size") or 0,
        )
        for endpoint in endpoints
    ]
    taken = take_slot(bids, holder)
    return next((endpoint for endpoint in endpoints if endpoint.pk == taken), None)


def preference(endpoint: Endpoint) -> Preference:
    """Return a sort key: lower is preferred."""
    return BY_HEALTH[Health(endpoint.health)], -endpoint.priority


def _try_again(endpoints: Sequence[Endpoint], holder: UUID) -> Endpoint | None:
    now = timezone.now()
    for endpoint in endpoints:
        is_ours = endpoint.is_due(now) and _claim_half_open_probe(endpoint, now)
        if is_ours and take_slot(_half_open_bid(endpoint), holder):
            return endpoint
    return None


def _claim_half_open_probe(endpoint: Endpoint, now: datetime) -> bool:
    """Postpone the next half-open probe; of two concurrent callers, only one succeeds."""
    due = Endpoint.objects.filter(pk=endpoint.pk, health=Health.DOWN, state=State.ENABLED, retry_at__lte=now)
    return bool(due.update(retry_at=now + pause_after(endpoint.consecutive_failures + 1)))


def _half_open_bid(endpoint: Endpoint) -> list[Bid]:
    return [Bid(endpoint.pk, rank=0, limit=endpoint.max_concurrency)]


def _refusal(variant: str, known: Sequence[Endpoint], usable: Sequence[Endpoint]) -> NoEndpointAvailable:
    if not known:
        return NoEndpointAvailable(f"No endpoint serves the {variant} variant: an admin can add one under Endpoints.")
    if usable:
        seconds = _soonest(usable, timezone.now())
        return NoEndpointAvailable(
            f"Every endpoint for the {variant} variant is down at the moment. They are being tried again.",
            retry_after=seconds,
        )
    if any(endpoint.state == State.ENABLED for endpoint in known):
        return NoEndpointAvailable(f"No other endpoint for the {variant} variant can take this request.")
    return NoEndpointAvailable(
        f"Every endpoint for the {variant} variant is switched off: an admin can enable one under Endpoints."
    )


def _soonest(endpoints: Sequence[Endpoint], now: datetime) -> float | None:
    """Return the seconds until the first of these endpoints may be tried again."""
    moments = [endpoint.retry_at for endpoint in endpoints if endpoint.retry_at]
    return max(0.0, (min(moments) - now).total_seconds()) if moments else None
