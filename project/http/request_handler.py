"""Answer each request in one thread, its middlewares included.

Django's own handler changes threads twice for each hook of a synchronous middleware: some
twenty times per request. That costs more than most of the hooks (docs/decisions/0037-one-thread.md).
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, override

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.db import close_old_connections, reset_queries
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.gateway.addresses import is_for_api
from project.http.api_chain import ApiChain

# A request's thread starts without connections, and closing old ones would cost a change of thread.
request_started.disconnect(close_old_connections)
request_started.disconnect(reset_queries)


KEPT_THREADS = 64  # idle threads that are kept; more requests at once start more threads


class RequestHandler(ASGIHandler):
    """Django's handler with a synchronous chain of middlewares beside the asynchronous one.

    The chain runs in the request's thread, and an asynchronous view in the event loop meanwhile. Static files are sent
    from the event loop, as Django does it, and the API has a chain of its own there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._chain = _SynchronousChain()
        self._api_chain = ApiChain()
        self._idle: list[ThreadPoolExecutor] = []

    @override
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer in a thread that serves only this request meanwhile; keep the thread and Django's objects in it."""
        thread = self._idle.pop() if self._idle else ThreadPoolExecutor(max_workers=1, thread_name_prefix="request")
        is_free = False
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
            is_free = len(self._idle) < KEPT_THREADS
        finally:
            if is_free:
                self._idle.append(thread)
            else:  # a request that raised may have left connections open
                thread.shutdown(wait=False)

    @override
    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.STATIC_URL):
            return await super().get_response_async(request)
        if is_for_api(request.path_info):
            return await self._api_chain.get_response_async(request)
        return await sync_to_async(self._chain.get_response)(request)


class _SynchronousChain(BaseHandler):
    def __init__(self) -> None:
        super().__init__()
        self.load_middleware()
