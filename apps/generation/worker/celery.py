"""Start and stop a worker's ``Runtime`` with its Celery worker.

A task is a ticket, acknowledged when it begins; the reaper sends lost tickets again.
"""

import gc
from typing import Any

from celery.signals import worker_init, worker_shutdown, worker_shutting_down
from celery.worker.consumer import Consumer

from apps.generation.worker.runtime import Runtime

_runtimes: list[Runtime] = []


class LastingConsumer(Consumer):
    """Celery's consumer, which reconnects after ``AttributeError`` too.

    kombu 5.7 raises it when it acknowledges a ticket on a channel that has just been closed.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        errors: tuple[type[Exception], ...] = self.connection_errors  # type: ignore[has-type]
        self.connection_errors = (*errors, AttributeError)


def current_runtime() -> Runtime:
    """Return the runtime of this worker process."""
    return _runtimes[-1]


@worker_init.connect
def start_runtime(**_kwargs: Any) -> None:
    runtime = Runtime()
    runtime.start()
    _runtimes.append(runtime)
    # Modules loaded by now live as long as the process, so the garbage collector need not search these objects.
    gc.collect()
    gc.freeze()


@worker_shutting_down.connect
def drain_runtime(**_kwargs: Any) -> None:
    if _runtimes:
        current_runtime().drain()


@worker_shutdown.connect
def stop_runtime(**_kwargs: Any) -> None:
    if _runtimes:
        _runtimes.pop().stop()
