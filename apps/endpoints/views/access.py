"""Access to the console."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpRequest, HttpResponse

from apps.accounts.requests import user_of


def staff_only[**P](
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Answer 404 to people who are not staff; ask people who are signed out to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not user_of(request).is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded
