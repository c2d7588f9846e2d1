"""Start a generation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Count, QuerySet

from apps.accounts.keys.scopes import current_key
from apps.accounts.models import User
from apps.endpoints.health.absence import Wanted
from apps.generation.errors import TooManyAtOnce
from apps.generation.log import store
from apps.generation.models import Generation, Task
from apps.generation.services.enqueue import enqueue
from apps.stores.compiled import compiled
from apps.stores.inserts import insert
from apps.usage.allowances import Allowance
from apps.usage.services import admit_request

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Document:
    """A text to continue; with text ``after`` it, a gap to fill."""

    before: str
    after: str = ""

    @property
    def task(self) -> Task:
        return Task.INFILL if self.after else Task.COMPLETE


def start_generation(  # noqa: PLR0913 (a request has that many facts)
    *,
    owner: User,
    variant: str,
    messages: Sequence[Mapping[str, str]],
    parameters: Mapping[str, Any] | None = None,
    idempotency_key: UUID | None = None,
    wanted: Wanted | None = None,
    counted: int | None = None,
) -> Generation:
    """Store a queued reply to a chat and hand it to a worker when the transaction commits.

    ``messages`` are ``{"role": "system" | "user" | "assistant", "content": str}``, the last one the user's.
    ``wanted`` is the one endpoint that may run the generation, which waits while that endpoint is down.
    ``counted`` is the number of the owner's unfinished generations, if the caller locked the owner and counted.
    Raises ``TooManyAtOnce``, ``LimitReached``, ``KeyNotAllowed``, ``StoreFull``, and ``IntegrityError`` if the owner
    used ``idempotency_key`` before.
    """
    return _start(
        owner=owner,
        variant=variant,
        messages=[dict(message) for message in messages],
        parameters=dict(parameters or {}),
        idempotency_key=idempotency_key,
        counted=counted,
        **wanted_fields(wanted),
    )


def start_completion(  # noqa: PLR0913 (a request has that many facts)
    *,
    owner: User,
    variant: str,
    document: Document,
    parameters: Mapping[str, Any] | None = None,
    idempotency_key: UUID | None = None,
    wanted: Wanted | None = None,
) -> Generation:
    """Like ``start_generation``, for a text to continue or a gap to fill."""
    return _start(
        owner=owner,
        variant=variant,
        task=document.task,
        messages=[],
        prompt=document.before,
        suffix=document.after,
        parameters=dict(parameters or {}),
        idempotency_key=idempotency_key,
        **wanted_fields(wanted),
    )


def wanted_fields(wanted: Wanted | None) -> dict[str, Any]:
    """Return the fields that say where a generation may run."""
    if wanted is None:
        return {"wanted_endpoint_id": None, "wanted_name": ""}
    return {"wanted_endpoint_id": wanted.endpoint_id, "wanted_name": wanted.name}


def _start(*, owner: User, counted: int | None = None, **fields: Any) -> Generation:
    store.require_memory()
    allowances = admit_request(owner=owner, task=fields.get("task", Task.CHAT))
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    with transaction.atomic(savepoint=False):
        require_room(owner, allowances, counted)
        generation = insert(Generation(owner=owner, request_id=request_id, api_key=current_key(), **fields))
        job = (generation.variant, generation.task)
        transaction.on_commit(partial(_hand_over, generation.pk, job))
    return generation


def _hand_over(generation_id: UUID, job: tuple[str, str]) -> None:
    enqueue([generation_id], job=job)
    logger.info("generation queued", generation=str(generation_id), variant=job[0], task=job[1])


def require_room(owner: User, allowances: Sequence[Allowance], counted: int | None = None) -> None:
    """Raise ``TooManyAtOnce`` if the owner or the API key is at the limit. Hold a lock until the transaction ends.

    ``counted`` as in ``start_generation``.
    """
    if counted is None:
        _lock(owner.pk)
        counted = sum(_count_active(owner.pk))
    person, *keys = allowances
    if person.generations_at_once and counted >= person.generations_at_once:
        raise TooManyAtOnce(person.generations_at_once)
    for key in keys:
        most = key.generations_at_once
        if most and Generation.objects.active().filter(owner=owner, api_key=current_key()).count() >= most:
            raise TooManyAtOnce(most, whose=key.whose)


@compiled
def _lock(owner_id: int) -> QuerySet[User, int]:
    # The lock keeps two requests from both passing the limit. NO KEY lets foreign keys refer to the row.
    return User.objects.select_for_update(no_key=True).filter(pk=owner_id).values_list("pk", flat=True)


@compiled
def _count_active(owner_id: int) -> QuerySet[Generation, int]:
    active = Generation.objects.active().filter(owner=owner_id).order_by()
    return active.values("owner").annotate(number=Count("pk")).values_list("number", flat=True)
