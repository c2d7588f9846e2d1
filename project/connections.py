"""Keeps an async view from holding a connection to Postgres while it waits for another.

Who is signed in is looked up in the request's own thread, whose connection would be its until the answer has been
sent; an async view uses the database in other threads. As many such views at once as the pool has connections would
each hold one and wait for one.
"""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


class ConnectionsMiddleware(MiddlewareMixin):
    """The last one: what others read of the database is read by then."""

    def process_view(
        self,
        request: HttpRequest,  # noqa: ARG002
        view: Callable[..., HttpResponse],
        args: tuple[Any, ...],  # noqa: ARG002
        kwargs: dict[str, Any],  # noqa: ARG002
    ) -> None:
        """Give the connection back, in the thread that holds it."""
        if not iscoroutinefunction(view):
            return
        for connection in connections.all(initialized_only=True):
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
