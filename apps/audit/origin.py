"""The person who acts, and the address: noted once per request, so that every service can record them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware

if TYPE_CHECKING:
    from apps.accounts.models import ApiKey, User


@dataclass(slots=True)
class Origin:
    """The request that acts: its address, its signed-in person, and its API key once that is checked.

    ``headers`` go with its answer.
    """

    request: HttpRequest
    key: ApiKey | None = None
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR") or "")

    @property
    def person(self) -> User | None:
        if self.key is not None:
            return self.key.owner
        person = getattr(self.request, "user", None)
        return person if person is not None and person.is_authenticated else None


_origin: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current_origin() -> Origin | None:
    """Return the origin of the current request; ``None`` on the command line and in workers."""
    return _origin.get()


def note_key(key: ApiKey) -> None:
    """Note the API key that the current request has sent."""
    origin = _origin.get()
    if origin is not None:
        origin.key = key


@sync_and_async_middleware
def note_origin(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Middleware that notes each request's origin while the request is answered."""
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> Any:
            with origin_kept(request) as origin:
                response = await get_response(request)
            return _with_headers(response, origin)

        return answer_async

    def answer(request: HttpRequest) -> Any:
        with origin_kept(request) as origin:
            response = get_response(request)
        return _with_headers(response, origin)

    return answer


def _with_headers(response: Any, origin: Origin) -> Any:
    for name, value in origin.headers.items():
        response.headers[name] = value
    return response


@contextmanager
def origin_kept(request: HttpRequest) -> Iterator[Origin]:
    """Note this origin for the code in the ``with`` block."""
    origin = Origin(request)
    token = _origin.set(origin)
    try:
        yield origin
    finally:
        _origin.reset(token)
