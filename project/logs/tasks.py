"""Carry a request's id to the tasks that it sends, and bind the task's id to what a worker logs meanwhile."""

from typing import Any

import structlog
from django_structlog.celery.receivers import CeleryReceiver

logger = structlog.get_logger(__name__)

# The broker need not know the person or the address.
CARRIED = ("request_id", "parent_task_id")


class TaskLog(CeleryReceiver):
    """django-structlog's part for Celery, which carries ids alone and reports a failure once."""

    def get_task_context(self) -> dict[str, Any]:
        context = super().get_task_context()
        return {name: context[name] for name in CARRIED if name in context}

    def receiver_task_failure(self, *args: Any, exception: Exception | None = None, **kwargs: Any) -> None:  # noqa: ARG002
        """Log the failure by its traceback alone: the error's text may hold people's text."""
        logger.error("task_failed", exc_info=exception)
