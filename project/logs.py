"""Structured logs: one line an event, JSON for machines (``LOG_FORMAT=json``) or text for people."""

from typing import Any

import structlog
from django.core.exceptions import ImproperlyConfigured

CHATTY = ("celery.app.trace", "celery.beat", "celery.worker.strategy")


def configure_logging(*, level: str, output: str) -> dict[str, Any]:
    """Configure structlog and return Django's ``LOGGING`` that renders standard-library records the same way."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderers: dict[str, list[Any]] = {
        "json": [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        # Plain tracebacks: the pretty ones print local variables, and with them people's text and secrets.
        "text": [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)],
    }
    if output not in renderers:
        raise ImproperlyConfigured(f"LOG_FORMAT must be text or json, not {output!r}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers[output]],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        # One line per task and tick would hide everything else; generations log what matters.
        "loggers": {name: {"level": "WARNING"} for name in CHATTY},
    }
