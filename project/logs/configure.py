"""Structured logs: one line an event, JSON for machines (``LOG_FORMAT=json``) or text for people.

Lines carry the ids of request, generation and task, never what people or models write.
"""

import logging
import traceback
from collections.abc import Iterator
from typing import Any, TextIO

import psycopg
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from structlog.typing import ExcInfo

LEVELS = {
    # A line for each task that beat sends would hide everything else; generations log what matters.
    "celery.beat": "WARNING",
    "celery.worker.strategy": "WARNING",
    "markdown_it": "WARNING",
    # project.logs.tasks reports failed tasks, without the text of the error.
    "celery.app.trace": "CRITICAL",
}
# uvicorn adds handlers to these loggers that write plain text.
THEIR_OWN_HANDLERS = ("uvicorn", "uvicorn.error")


FOR_EVERY_LINE: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure_logging(*, level: str, output: str) -> dict[str, Any]:
    """Configure structlog and return Django's ``LOGGING`` that renders standard-library records the same way."""
    if output not in RENDERERS:
        raise ImproperlyConfigured(f"LOG_FORMAT must be text or json, not {output!r}.")
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *FOR_EVERY_LINE,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Python would print warnings as plain lines.
    logging.captureWarnings(output == "json")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": _formatter(output)},
        "filters": {
            "one line an outage": {"()": "project.postgres.pool.OneLineAnOutage"},
            "no traceback while away": {"()": "project.logs.away.NoTracebackWhileAway"},
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": _loggers(level),
    }


def _formatter(output: str) -> dict[str, Any]:
    return {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": FOR_EVERY_LINE,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *RENDERERS[output]],
    }


def _loggers(level: str) -> dict[str, Any]:
    return {
        **{name: {"level": level} for name, level in LEVELS.items()},
        **({} if level == "DEBUG" else {"psycopg.pool": {"level": "INFO", "filters": ["one line an outage"]}}),
        "django.request": {"filters": ["no traceback while away"]},
        **{name: {"handlers": [], "propagate": True} for name in THEIR_OWN_HANDLERS},
        # Off: access lines have query strings, which hold the tokens of sign-in links.
        "uvicorn.access": {"handlers": [], "propagate": False},
    }


def write_exception(output: TextIO, exc_info: ExcInfo) -> None:
    output.write(f"\n{format_exception(exc_info)}")


def format_exception(exc_info: ExcInfo) -> str:
    """Return plain tracebacks: the pretty ones print local variables, and with them people's text and secrets."""
    return "".join(_chain(exc_info[1])).rstrip("\n")


def _chain(error: BaseException) -> Iterator[str]:
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None:
        yield from _chain(earlier)
        yield "\nwhich led to\n\n"
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from _chain(part)
            yield "\nwhich is a part of\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{type(error).__module__}.{type(error).__qualname__}: {_message(error)}\n"


def _message(error: BaseException) -> str:
    """Return the error's text; of the database's errors only the first line, since others quote the row."""
    text = str(error)
    return text.partition("\n")[0] if isinstance(error, DatabaseError | psycopg.Error) else text


RENDERERS: dict[str, list[Any]] = {
    "json": [structlog.processors.ExceptionRenderer(format_exception), structlog.processors.JSONRenderer()],
    "text": [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=write_exception)],
}
