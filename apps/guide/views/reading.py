"""The base of the guide's views: everybody may read the pages, and a browser that has a page gets 304.

For readers without a session a page is rendered once per edition of the guide (``kept_pages.py``). Then it costs the
query for the edition, and one more if it shows the state of the endpoints here.
"""

from collections.abc import Callable, Hashable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.views.decorators.cache import cache_control
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from apps.guide.kept_pages import kept_pages
from apps.guide.models import Edition

type View = Callable[..., HttpResponse]
type Live = Callable[..., Hashable]

# A request with one of these cookies may get a page of its own.
PERSONAL_COOKIES = (settings.SESSION_COOKIE_NAME, f"{settings.COOKIE_PREFIX}messages")


def reading_page(view: View) -> View:
    """Let everybody read a view, with GET and HEAD only, and answer 304 if the browser has its answer."""
    return live_page(lambda **_arguments: ())(view)


def live_page(read_live: Live) -> Callable[[View], View]:
    """Like ``reading_page``, for a view that also shows live state, which ``read_live`` returns for the address."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, **arguments: Any) -> HttpResponse:
            key = _key(request, read_live, arguments)
            response = (key and kept_pages.find(request, key)) or view(request, **arguments)
            if "ETag" not in response:
                set_response_etag(response)
                if key and response.status_code == HTTPStatus.OK:
                    response = kept_pages.keep(request, key, response)
            patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
            return get_conditional_response(request, etag=response.get("ETag"), response=response) or response

        cached = cache_control(private=True, no_cache=True)(gzip_page(answer))
        return login_not_required(require_safe(cached))

    return decorate


def _key(request: HttpRequest, read_live: Live, arguments: dict[str, Any]) -> tuple[Hashable, ...] | None:
    """Return the page's cache key; ``None`` if it is not kept, since few people type the same query."""
    if "HX-Request" in request.headers or any(name in request.COOKIES for name in PERSONAL_COOKIES):
        return None
    edition = Edition.objects.token()
    return (edition, request.get_full_path(), read_live(**arguments)) if edition else None
