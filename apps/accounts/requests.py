"""Who sent a request."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.accounts.models import User


def user_of(request: HttpRequest) -> User:
    """The signed-in person, for views that ``SignedInMiddleware`` guards. Raises ``PermissionDenied``."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
