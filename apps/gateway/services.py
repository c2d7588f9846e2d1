"""Start and leave the generations of API callers."""

from uuid import UUID

import structlog
from redis.exceptions import RedisError

from apps.accounts.models import User
from apps.gateway.errors import TooManyRequests
from apps.gateway.forms import ChatCompletion
from apps.gateway.selectors import variant_to_chat_with
from apps.generation.errors import TooManyAtOnce
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import start_generation

logger = structlog.get_logger(__name__)


def start_chat_completion(*, caller: User, asked: ChatCompletion) -> Generation:
    """Queue what was asked for. Raises ``ModelNotFound``, ``ModelUnavailable`` and ``TooManyRequests``."""
    variant = variant_to_chat_with(asked.model)
    try:
        generation = start_generation(owner=caller, variant=variant, messages=asked.turns, parameters=asked.parameters)
    except TooManyAtOnce as error:
        raise TooManyRequests(error.sentence, Retry_After="2") from None
    generation.refresh_from_db()  # the database has set its times
    return generation


def leave_generation(generation_id: UUID) -> None:
    """Cancel what its caller no longer waits for; nothing where it is over."""
    try:
        if cancel_generation(generation_id=generation_id):
            logger.info("caller left", generation=str(generation_id))
    except RedisError as error:  # it is cancelled in Postgres, and its worker hears of that with its next checkpoint
        logger.warning("caller left", generation=str(generation_id), error=type(error).__name__)
