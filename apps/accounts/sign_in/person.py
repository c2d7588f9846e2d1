"""The person of a session, read by a compiled queryset: each request and each socket reads one."""

from functools import partial

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user
from django.contrib.auth.middleware import AuthenticationMiddleware, auser
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from apps.accounts.models import User
from apps.stores.compiled import compiled


class PersonMiddleware(AuthenticationMiddleware):
    """Django's authentication middleware, with another query for the person."""

    def process_request(self, request: HttpRequest) -> None:
        """Set ``request.user``; the person is read at the first use."""
        request.user = SimpleLazyObject(lambda: person_of(request))  # type: ignore[assignment]  # as Django does it
        request.auser = partial(auser, request)


def person_of(request: HttpRequest) -> "User | AnonymousUser":
    """Return the signed-in person. Sessions of any unusual form are left to Django's ``get_user``."""
    if not hasattr(request, "_cached_user"):
        setattr(request, "_cached_user", _usual_person(request) or get_user(request))  # noqa: B010
    person: User | AnonymousUser = getattr(request, "_cached_user")  # noqa: B009
    return person


def _usual_person(request: HttpRequest) -> User | None:
    number, digest = request.session.get(SESSION_KEY, ""), request.session.get(HASH_SESSION_KEY)
    is_known = request.session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    if not (is_known and digest and number.isdecimal()):
        return None
    found = _read_active(int(number))
    return next((person for person in found if constant_time_compare(digest, person.get_session_auth_hash())), None)


@compiled
def _read_active(person_id: int) -> QuerySet[User]:
    return User.objects.filter(pk=person_id, is_active=True)
