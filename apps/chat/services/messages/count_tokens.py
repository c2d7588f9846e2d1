"""Have a worker count the tokens of a draft."""

from collections.abc import Collection, Sequence
from uuid import UUID

import structlog
from celery import current_app
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.chat.context.estimate import Estimate
from apps.chat.context.user_turn import fenced
from apps.chat.models import Attachment
from apps.endpoints.models import Endpoint
from apps.generation.token_counts import leave_text, left_texts, unasked
from apps.generation.worker.count_texts import count_texts
from apps.generation.worker.runtime import Runtime

logger = structlog.get_logger(__name__)

TASK_NAME = "chat.count"
USEFUL_SECONDS = 10  # seconds; after that the draft has changed


def request_counts(*, estimate: Estimate) -> None:
    """Ask a worker to count the estimated texts, each once in ten seconds. Estimates stay if that fails."""
    if estimate.tokenizer is None or not estimate.uncounted:
        return
    by_name = {piece.name: piece for piece in estimate.uncounted}
    try:
        names = unasked(estimate.tokenizer, by_name)
        if not names:
            return
        for name in names:
            if text := by_name[name].text:
                leave_text(name, text)
        files = [name for name in names if not by_name[name].text]
        texts = [name for name in names if by_name[name].text]
        arguments = [str(estimate.tokenizer.pk), texts, files]
        current_app.send_task(TASK_NAME, args=arguments, retry=False, expires=USEFUL_SECONDS)
    except (RedisError, OSError, OperationalError) as error:
        logger.warning("token count not requested", error=type(error).__name__)


def count_pieces(*, endpoint_id: UUID, texts: Sequence[str], files: Collection[UUID], runtime: Runtime) -> None:
    """Count stored texts and files with the endpoint's tokenizer."""
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        return
    attached = {str(file.pk): fenced(file) for file in Attachment.objects.filter(pk__in=files)}
    count_texts(endpoint=endpoint, texts={**left_texts(texts), **attached}, runtime=runtime)
