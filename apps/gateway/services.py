"""Start and leave the generations of API callers."""

from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError
from redis.exceptions import RedisError

from apps.accounts.models import User
from apps.gateway.errors import InvalidRequest, TooManyRequests, Unavailable
from apps.gateway.forms import ChatCompletion, Completion
from apps.gateway.selectors import Target, target_of
from apps.generation.errors import StoreFull, TooManyAtOnce
from apps.generation.models import Generation, State, Task
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import Document, start_completion, start_generation

logger = structlog.get_logger(__name__)

FRUITLESS = (State.FAILED, State.CANCELLED)


def start_reply(*, owner: User, asked: ChatCompletion | Completion, idempotency_key: UUID | None = None) -> Generation:
    """Queue the request; or return the generation that the owner started with this key before, unless it failed.

    Raises ``ModelNotFound``, ``ModelUnable``, ``ModelUnavailable``, ``InvalidRequest``, ``TooManyRequests`` and
    ``Unavailable``.
    """
    task = Task.CHAT if isinstance(asked, ChatCompletion) else asked.document.task
    target = target_of(asked.model, task)
    if idempotency_key and (before := _asked_before(owner, idempotency_key, asked)):
        return before
    try:
        generation = _start(owner, target, asked, idempotency_key)
    except TooManyAtOnce as error:
        raise TooManyRequests(error.sentence, Retry_After="2") from None
    except StoreFull as error:
        raise Unavailable(error.sentence, seconds=60) from None
    except IntegrityError:  # the same request at the same moment
        if idempotency_key and (before := _asked_before(owner, idempotency_key, asked)):
            return before
        raise
    generation.refresh_from_db()  # the database has set its times
    return generation


def _start(owner: User, target: Target, asked: ChatCompletion | Completion, key: UUID | None) -> Generation:
    common: dict[str, Any] = {
        "variant": target.variant,
        "wanted": target.wanted,
        "parameters": asked.parameters,
        "idempotency_key": key,
    }
    if isinstance(asked, ChatCompletion):
        return start_generation(owner=owner, messages=asked.turns, **common)
    return start_completion(owner=owner, document=asked.document, **common)


def _asked_before(owner: User, key: UUID, asked: ChatCompletion | Completion) -> Generation | None:
    """Return the generation of that key; a failed or cancelled one gives its key up. Raises ``InvalidRequest``."""
    mine = Generation.objects.visible_to(owner).filter(idempotency_key=key)
    mine.filter(state__in=FRUITLESS).update(idempotency_key=None)
    generation = mine.first()
    if generation and not _is_for(generation, asked):
        raise InvalidRequest("This Idempotency-Key was used for another request.", param="Idempotency-Key")
    return generation


def _is_for(generation: Generation, asked: ChatCompletion | Completion) -> bool:
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
