"""Static files: hashed names, also inside ES module imports, and the middleware that sends them."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware
from servestatic.middleware import ServeStaticMiddleware
from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped package
    """Content-hashed names, gzip and Brotli beside them, and rewritten imports between our modules."""

    support_js_module_import_aggregation = True


@sync_and_async_middleware
def serve_static(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Send static files in the asynchronous chain of middlewares; the synchronous one never gets to see them."""
    if not iscoroutinefunction(get_response):
        raise MiddlewareNotUsed
    middleware: Callable[[HttpRequest], Any] = ServeStaticMiddleware(get_response)
    return middleware
