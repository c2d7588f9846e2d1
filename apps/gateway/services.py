"""Start and leave the generations of API callers."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any
from uuid import UUID, uuid5

import structlog
from django.db import IntegrityError, transaction
from redis.exceptions import RedisError

from apps.accounts.models import User
from apps.gateway.errors import InvalidRequest, ModelUnavailable, TooManyRequests, Unavailable
from apps.gateway.forms import ChatCompletion, Request
from apps.gateway.selectors import Target, target_of
from apps.generation.errors import StoreFull, TooManyAtOnce
from apps.generation.models import Generation, State, Task
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import Document, start_completion, start_generation

logger = structlog.get_logger(__name__)

FRUITLESS = (State.FAILED, State.CANCELLED)


def start_replies(*, owner: User, asked: Request, idempotency_key: UUID | None = None) -> list[Generation]:
    """Queue one generation per prompt, all or none; return those that this ``idempotency_key`` started before.

    Raises ``ModelNotFound``, ``ModelUnable``, ``ModelUnavailable``, ``InvalidRequest``, ``TooManyRequests`` and
    ``Unavailable``.
    """
    task = Task.CHAT if isinstance(asked, ChatCompletion) else asked.document.task
    try:
        target = target_of(asked.model, task)
    except ModelUnavailable:
        asked.check()  # before the model is looked up: these faults do not depend on it
        raise
    asked.check()
    if needs := asked.needs:
        target = target_of(asked.model, task, needs=needs)
    each: Sequence[Request] = asked.each
    keys = [idempotency_key, *(_nth(idempotency_key, number) for number in range(1, len(each)))]
    with transaction.atomic() if len(each) > 1 else nullcontext():
        return [_start_reply(owner, target, one, key) for one, key in zip(each, keys, strict=True)]


def _nth(key: UUID | None, number: int) -> UUID | None:
    return uuid5(key, str(number)) if key else None


def _start_reply(owner: User, target: Target, asked: Request, idempotency_key: UUID | None) -> Generation:
    if idempotency_key and (before := _asked_before(owner, idempotency_key, asked)):
        return before
    try:
        with transaction.atomic():
            return _start(owner, target, asked, idempotency_key)
    except TooManyAtOnce as error:
        raise TooManyRequests(error.sentence, Retry_After="2") from None
    except StoreFull as error:
        raise Unavailable(error.sentence, seconds=60) from None
    except IntegrityError:  # the same request arrived twice at once, and the other started the generations
        if idempotency_key and (before := _asked_before(owner, idempotency_key, asked)):
            return before
        raise


def _start(owner: User, target: Target, asked: Request, key: UUID | None) -> Generation:
    common: dict[str, Any] = {
        "variant": target.variant,
        "wanted": target.wanted,
        "parameters": asked.parameters,
        "idempotency_key": key,
    }
    if isinstance(asked, ChatCompletion):
        return start_generation(owner=owner, messages=asked.turns, **common)
    return start_completion(owner=owner, document=asked.document, **common)


def _asked_before(owner: User, key: UUID, asked: Request) -> Generation | None:
    """Return the key's generation; take the key from a failed or cancelled one. Raises ``InvalidRequest``."""
    mine = Generation.objects.visible_to(owner).filter(idempotency_key=key)
    mine.filter(state__in=FRUITLESS).update(idempotency_key=None)
    generation = mine.first()
    if generation and not _is_for(generation, asked):
        raise InvalidRequest("This Idempotency-Key was used for another request.", param="Idempotency-Key")
    return generation


def _is_for(generation: Generation, asked: Request) -> bool:
    if generation.parameters != asked.parameters:
        return False
    if isinstance(asked, ChatCompletion):
        return bool(generation.messages == asked.turns)
    return Document(generation.prompt, generation.suffix) == asked.document


def leave_generation(generation_id: UUID) -> None:
    """Cancel a generation whose caller has left; do nothing if it is over."""
    try:
        if cancel_generation(generation_id=generation_id):
            logger.info("caller left", generation=str(generation_id))
    except RedisError as error:  # cancelled in Postgres; the worker notices at its next checkpoint
        logger.warning("caller left", generation=str(generation_id), error=type(error).__name__)
