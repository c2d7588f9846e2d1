"""Request types for views, with the attributes that middleware adds."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from apps.accounts.models import User


class HtmxRequest(HttpRequest):
    """A request to a public page: ``HtmxMiddleware`` adds ``htmx``."""

    htmx: HtmxDetails


class WorkbenchRequest(HtmxRequest):
    """A request to a page that ``SignedInMiddleware`` guards: there is a user."""

    user: User


def user_of(request: HttpRequest) -> User:
    """Return the signed-in user of a plain Django request. Raises ``PermissionDenied``."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
