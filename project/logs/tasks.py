"""Carry a request's id to the tasks that it sends, and bind the task's id to the worker's log lines."""

from typing import Any

import structlog
from django_structlog.celery.receivers import CeleryReceiver

from apps.stores.outages import is_unreachable

logger = structlog.get_logger(__name__)

# The broker need not know the person or the address.
CARRIED = ("request_id", "parent_task_id")


class TaskLog(CeleryReceiver):
    """django-structlog's signals for Celery: carry only ids, and report a failure once."""

    def get_task_context(self) -> dict[str, Any]:
        context = super().get_task_context()
        return {name: context[name] for name in CARRIED if name in context}

    def receiver_task_failure(
        self,
        *args: Any,  # noqa: ARG002
        sender: Any = None,
        exception: Exception | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Log only the failure's traceback: the error's message may hold people's text.

        While Postgres or Redis cannot be reached, the tasks of beat fail every few seconds: they get one line each.
        """
        if is_unreachable(exception):
            logger.warning("task_failed", task=sender.name, error=type(exception).__name__)
        else:
            logger.error("task_failed", task=sender.name, exc_info=exception)
