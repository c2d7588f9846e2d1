"""Static files: hashed names, also inside ES module imports, and the middleware that sends them."""

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, override

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware
from servestatic.middleware import ServeStaticMiddleware
from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # untyped package
    """Content-hashed names, gzip and Brotli copies, and rewritten imports between our modules."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[tuple[str, bool, bool], str] = {}

    @override
    def url(self, name: str, force: bool = False) -> str:
        """Return a file's address, kept until the next start: a page has dozens of addresses."""
        key = (name, force, settings.DEBUG)
        if key not in self._addresses:
            self._addresses[key] = super().url(name, force)
        return self._addresses[key]


@sync_and_async_middleware
def serve_static(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Send static files in the asynchronous chain of middlewares, before the synchronous chain."""
    if not iscoroutinefunction(get_response):
        raise MiddlewareNotUsed
    middleware: Callable[[HttpRequest], Any] = ServeStaticMiddleware(get_response)
    return middleware
