"""The sitemap and robots.txt for search engines."""

from collections.abc import Sequence
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import conditional_page, require_safe

from apps.guide.models import Page
from apps.guide.navigation import NavigationEntry, all_entries
from apps.guide.views.reading import reading_page

PRIVATE = ("/accounts/", "/admin/", "/chat/", "/endpoints/", "/guide/report/", "/v1/")


class GuideSitemap(Sitemap):  # type: ignore[type-arg]  # not generic at run time
    """Every page of the guide under its public address, whatever host the request came to."""

    def items(self) -> Sequence[NavigationEntry]:
        return list(all_entries())

    def location(self, item: NavigationEntry) -> str:
        return item.url

    def lastmod(self, item: NavigationEntry) -> date | None:
        return self._reviewed.get(item.page)

    def get_protocol(self, _protocol: str | None = None) -> str:
        return urlsplit(settings.PUBLIC_URL).scheme

    def get_domain(self, _site: Any = None) -> str:
        return urlsplit(settings.PUBLIC_URL).netloc

    @cached_property
    def _reviewed(self) -> dict[str, date]:
        return dict(Page.objects.values_list("slug", "reviewed_on"))


@reading_page
def show_sitemap(request: HttpRequest) -> HttpResponse:
    """List the pages, each with the day it was last reviewed."""
    return sitemap(request, {"guide": GuideSitemap()}).render()


@login_not_required
@require_safe
@conditional_page
def show_robots(_request: HttpRequest) -> HttpResponse:
    """Ask crawlers to read the guide and leave the rest."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in PRIVATE)]
    lines += ["", f"Sitemap: {settings.PUBLIC_URL}{reverse('guide:sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
