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
    """Content-hashed names, gzip and Brotli beside them, and rewritten imports between our modules."""

    support_js_module_import_aggregation = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._addresses: dict[tuple[str, bool, bool], str] = {}

    @override
    def url(self, name: str, force: bool = False) -> str:
        """Return the address of a file. Addresses stay as they are until the next start, and a page has dozens."""
        key = (name, force, settings.DEBUG)
        if key not in self._addresses:
            self._addresses[key] = super().url(name, force)
        return self._addresses[key]


@sync_and_async_middleware
def serve_static(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Send static files in the asynchronous chain of middlewares; the synchronous one never gets to see them."""
    if not iscoroutinefunction(get_response):
        raise MiddlewareNotUsed
    middleware: Callable[[HttpRequest], Any] = ServeStaticMiddleware(get_response)
    return middleware
