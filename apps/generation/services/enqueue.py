"""Hand queued generations to the workers."""

from collections.abc import Iterable
from uuid import UUID

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)

TASK_NAME = "generation.run"


def enqueue(generation_ids: Iterable[UUID], *, job: tuple[str, str] | None = None) -> None:
    """Send one ticket per generation. If the broker is down, the reaper sends it again.

    ``job`` is the variant and the task of all these generations, if known: it spares the worker a query.
    """
    for generation_id in generation_ids:
        try:
            current_app.send_task(TASK_NAME, args=[str(generation_id), *(job or ())], retry=False)
        except OperationalError as error:
            logger.warning("generation not enqueued", generation=str(generation_id), error=type(error).__name__)
