"""Answer requests of the API in the event loop: none of the API's middlewares blocks.

The pages' middlewares run in a thread and look up sessions, which the API ignores. They would cost an editor's short
completion four more changes of thread (docs/decisions/0041-api-in-the-loop.md).
"""

from collections.abc import Awaitable, Callable
from typing import Any

from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csp import ContentSecurityPolicyMiddleware
from django.middleware.security import SecurityMiddleware

from apps.audit.origin import note_origin
from project.logs.requests import RequestLogMiddleware

type Answer = Callable[[HttpRequest], Awaitable[HttpResponseBase]]

# In the order of settings.MIDDLEWARE, around the API's own.
OUTER = (ContentSecurityPolicyMiddleware, SecurityMiddleware, CommonMiddleware)


class ApiChain(BaseHandler):
    """Django's handler with only the API's middlewares."""

    def __init__(self) -> None:
        super().__init__()
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        answer = _guarded(self._get_response_async)  # type: ignore[attr-defined]  # not in the stubs
        answer = _around(RequestLogMiddleware(answer), answer, before="prepare", after="handle_response")
        answer = _around(XFrameOptionsMiddleware(answer), answer)
        answer = _guarded(note_origin(answer))
        for middleware in reversed(OUTER):
            answer = _around(middleware(answer), answer)
        self._middleware_chain = answer


def _around(
    middleware: Any, get_response: Answer, *, before: str = "process_request", after: str = "process_response"
) -> Any:
    """Call a middleware's hooks directly, without a change of thread."""
    look = getattr(middleware, before, None)
    finish = getattr(middleware, after, None)

    async def answer(request: HttpRequest) -> HttpResponseBase:
        response = look(request) if look else None
        if response is None:
            response = await get_response(request)
        return (finish(request, response) or response) if finish else response

    return _guarded(answer)


def _guarded(answer: Any) -> Any:
    """Turn exceptions into responses. The type of Django's function does not say that coroutines stay coroutines."""
    return convert_exception_to_response(answer)
