"""The staff-only page that shows every component with its states, in both themes."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

SPECIMENS = [
    "colour",
    "type",
    "prose",
    "buttons",
    "chips",
    "states",
    "fields",
    "menus",
    "toasts",
    "banners",
    "messages",
    "info",
    "composer",
    "conversations",
    "code",
    "tables",
    "cards",
    "empty",
    "wayfinding",
    "progress",
]


@login_not_required
def show_styleguide(request: HttpRequest) -> HttpResponse:
    """Show every specimen of templates/styleguide/; 404 for people who are not staff."""
    if not request.user.is_staff:
        raise Http404
    specimens = [{"name": name, "template": f"styleguide/{name}.html"} for name in SPECIMENS]
    return render(request, "styleguide.html", {"specimens": specimens, "themes": ["light", "dark"]})
