"""Keep an async view from holding one Postgres connection while it waits for another.

The request's own thread looks up the person, and would keep its connection until the answer is sent; an async view uses
the database in other threads. As many such views as the pool has connections would each hold one and wait for another.
"""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


class ConnectionsMiddleware(MiddlewareMixin):
    """Release the request's connection. Must be the last middleware, since earlier middlewares read the database."""

    def process_view(
        self,
        request: HttpRequest,  # noqa: ARG002
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],  # noqa: ARG002
        kwargs: dict[str, Any],  # noqa: ARG002
    ) -> None:
        """Release the connection, in the thread that holds it."""
        if not iscoroutinefunction(view):
            return
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
