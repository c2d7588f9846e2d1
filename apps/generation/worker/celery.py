"""Ties a Celery worker's life to its ``Runtime``, and to nothing less.

A task is a ticket, acknowledged when it begins: what is lost is sent again by the reaper. So nothing is restored when a
connection closes, which kombu 5.7 would try over a connection that is gone, and fail: the worker stopped fetching, and
ended once its replies were written.
"""

from typing import Any

from celery.signals import worker_init, worker_shutdown, worker_shutting_down
from celery.worker.consumer import Consumer
from kombu.transport.redis import Channel

from apps.generation.worker.runtime import Runtime

_runtimes: list[Runtime] = []


class LastingConsumer(Consumer):
    """Celery's own, for which a connection that is gone is no reason to end the worker.

    A ticket that kombu 5.7 acknowledges just when its channel has been closed finds ``None`` where the connection was.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        errors: tuple[type[Exception], ...] = self.connection_errors  # type: ignore[has-type]
        self.connection_errors = (*errors, AttributeError)


def current_runtime() -> Runtime:
    """The runtime of this worker process."""
    return _runtimes[-1]


@worker_init.connect
def start_runtime(**_kwargs: Any) -> None:
    Channel.do_restore = False
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
