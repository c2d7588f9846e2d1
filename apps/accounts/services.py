"""Create people, and their one-time sign-in links."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from sesame.utils import get_token

from apps.accounts.errors import InvalidUsername, UserInactive, UserNotFound
from apps.accounts.models import User
from apps.audit.models import Action
from apps.audit.services import record


@transaction.atomic
def create_user(*, username: str, staff: bool = False) -> tuple[User, bool]:
    """Make a user without a password, or find the user of that name; the second value is true for a new user.

    ``staff`` makes the user staff and superuser, also an existing user; without it, rights stay as they are. Raises
    ``InvalidUsername``.
    """
    _check_username(username)
    rights = {"is_staff": True, "is_superuser": True} if staff else {}
    no_password = User(username=username)
    no_password.set_unusable_password()
    user, is_new = User.objects.get_or_create(username=username, defaults={"password": no_password.password, **rights})
    if is_new:
        record(Action.PERSON_ADDED, subject=username, details="staff" if staff else "")
    if rights and not (user.is_staff and user.is_superuser):
        record(Action.RIGHTS_GIVEN, subject=username)
        user.is_staff = user.is_superuser = True
        user.save(update_fields=["is_staff", "is_superuser"])
    return user, is_new


def _check_username(username: str) -> None:
    try:
        User._meta.get_field("username").clean(username, None)
    except ValidationError:
        raise InvalidUsername from None


def sign_in_url(*, username: str) -> str:
    """Return an absolute link that signs ``username`` in once. Raises ``UserNotFound`` and ``UserInactive``.

    Any sign-in of the same person invalidates the links made before it.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        raise UserNotFound(username)
    if not user.is_active:
        raise UserInactive(username)
    record(Action.LINK_MADE, subject=username)
    return f"{settings.PUBLIC_URL}{reverse('accounts:sign_in_link')}?{urlencode({'token': get_token(user)})}"


def person_of_link(token: str) -> User | None:
    """Return the user whom ``token`` would sign in, without using it up; ``None`` if it is wrong, used or too old."""
    user = authenticate(None, sesame=token)
    return user if isinstance(user, User) else None


def redeem_sign_in_token(token: str) -> User | None:
    """Use up ``token`` and return its user; ``None`` if it is wrong, used or too old."""
    user = person_of_link(token)
    if user is None:
        return None
    # The token is bound to last_login: of two browsers that arrive at once, only one may move it.
    moved = User.objects.filter(pk=user.pk, last_login=user.last_login).update(last_login=timezone.now())
    return user if moved else None
