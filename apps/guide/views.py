"""The public pages: the front door and the guide.

``conditional_page`` makes the ETag from the page itself, so that it is right whatever changed: content, templates or
who is looking. Pages without a token of the viewer's own answer 304 to whoever has them.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe

from apps.guide import selectors
from apps.guide.models import Variant


@login_not_required
@require_safe
@conditional_page
@cache_control(private=True, no_cache=True)
def front(request: HttpRequest) -> HttpResponse:
    """Say what this is and open three doors."""
    return render(request, "home.html", {"variants": Variant.objects.all()})


@login_not_required
@require_safe
@conditional_page
@cache_control(private=True, no_cache=True)
def home(request: HttpRequest) -> HttpResponse:
    """Compare the three variants and say what follows from it."""
    return render(request, "guide/home.html", {"guide": selectors.read_page("overview")})
