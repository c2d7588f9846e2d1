"""Ties a Celery worker's life to its ``Runtime``."""

from typing import Any

from celery.signals import worker_init, worker_shutdown, worker_shutting_down

from apps.generation.runtime import Runtime

_runtimes: list[Runtime] = []


def current_runtime() -> Runtime:
    """The runtime of this worker process."""
    return _runtimes[-1]


@worker_init.connect
def start_runtime(**_kwargs: Any) -> None:
    runtime = Runtime()
    runtime.start()
    _runtimes.append(runtime)


@worker_shutting_down.connect
def drain_runtime(**_kwargs: Any) -> None:
    if _runtimes:
        current_runtime().drain()


@worker_shutdown.connect
def stop_runtime(**_kwargs: Any) -> None:
    if _runtimes:
        _runtimes.pop().stop()
