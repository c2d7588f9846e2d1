"""What all pages of the guide have in common: everybody may read them, and who has one need not fetch it again."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import conditional_page, require_safe


def reading_page[**Arguments](
    view: Callable[Arguments, HttpResponse],
) -> Callable[Arguments, HttpResponse]:
    """Let a view be read by everybody, with GET and HEAD only, and answer 304 to those who have what it would send."""
    cached = cache_control(private=True, no_cache=True)(view)
    return login_not_required(require_safe(conditional_page(cached)))
