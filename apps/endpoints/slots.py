"""Slots on endpoints, across all workers: Redis keeps each holder and when its slot expires.

A slot expires unless it is renewed, so a killed worker does not keep it.
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from django.conf import settings

from apps.stores.redis import script, sync_client


@dataclass(frozen=True, slots=True)
class Bid:
    """An endpoint that could be taken. Lower ``rank`` goes first; ``queue`` counts the server's other waiting requests.

    With ``limit`` 0 the endpoint is not taken, and a slot that the holder has on it is released.
    """

    endpoint_id: UUID
    rank: int
    limit: int
    queue: int = 0


def take_slot(bids: Sequence[Bid], holder: UUID) -> UUID | None:
    """Take a slot for ``holder`` on the best of ``bids`` in one atomic step; return ``None`` if all are full.

    Release a slot that ``holder`` still has on another endpoint of ``bids``.
    """
    if not bids:
        return None
    figures = [figure for bid in bids for figure in (bid.rank, bid.limit, bid.queue)]
    number = int(_run("reserve", [bid.endpoint_id for bid in bids], str(holder), _milliseconds(), *figures))
    return bids[number - 1].endpoint_id if number else None


def renew_slots(holders_by_endpoint: Mapping[UUID, Collection[UUID]]) -> None:
    """Renew the slots of these holders in one round trip."""
    held = [(endpoint_id, str(holder)) for endpoint_id, holders in holders_by_endpoint.items() for holder in holders]
    if held:
        _run("renew", [endpoint_id for endpoint_id, _ in held], _milliseconds(), *(holder for _, holder in held))


def release_slot(endpoint_id: UUID, holder: UUID) -> None:
    """Release the slot, if there is one."""
    sync_client().zrem(slots_key(endpoint_id), str(holder))


def new_holder(owner: str) -> UUID:
    """Return a new holder id that can be recognised as one of ``owner``'s."""
    return UUID(bytes=_mark(owner) + os.urandom(8))


def release_slots_of(owners: Collection[str], endpoint_ids: Iterable[UUID]) -> None:
    """Release every slot of ``owners`` on these endpoints, without waiting for it to expire."""
    marks = {_mark(owner) for owner in owners}
    for key in map(slots_key, endpoint_ids):
        holders = cast("list[bytes]", sync_client().zrange(key, 0, -1))
        if gone := [holder for holder in holders if UUID(holder.decode()).bytes[:8] in marks]:
            sync_client().zrem(key, *gone)


def _mark(owner: str) -> bytes:
    return hashlib.blake2b(owner.encode(), digest_size=8).digest()


def running_counts(endpoint_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Count the taken slots of each endpoint in one round trip."""
    ids = list(endpoint_ids)
    return dict(zip(ids, _run("count", ids), strict=True)) if ids else {}


def slots_key(endpoint_id: UUID) -> str:
    return f"workbench:endpoint:{endpoint_id}:slots"


def _milliseconds() -> int:
    return int(settings.ENDPOINT_SLOT_SECONDS * 1000)


def _run(name: str, endpoint_ids: Sequence[UUID], *arguments: Any) -> Any:
    keys = [slots_key(endpoint_id) for endpoint_id in endpoint_ids]
    return cast("Any", sync_client().eval(script("apps.endpoints.scripts", name), len(keys), *keys, *arguments))
