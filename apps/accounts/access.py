"""Restrict pages to staff; everybody else gets 404."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.http import Http404, HttpResponse

from apps.accounts.models import User
from apps.accounts.requests import WorkbenchRequest


def staff_only[**P](
    view: Callable[Concatenate[WorkbenchRequest, P], HttpResponse],
) -> Callable[Concatenate[WorkbenchRequest, P], HttpResponse]:
    """Answer 404 to people who are not staff; ask people who are signed out to sign in."""

    @wraps(view)
    def guarded(request: WorkbenchRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.user.is_staff:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


def managed_person(request: WorkbenchRequest, person_id: int) -> User:
    """Return the person whom this member of staff may change, else answer 404."""
    person = User.objects.filter(pk=person_id).first()
    if person is None or not request.user.may_manage(person):
        raise Http404
    return person
