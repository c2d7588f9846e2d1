"""Invite people by links that work once."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from apps.accounts.errors import InvitationInvalid, UsernameTaken
from apps.accounts.models import Invitation, User
from apps.audit.models import Action
from apps.audit.services import record

SECRET_BYTES = 32


def invite(*, by: User, note: str, for_admin: bool, days: int) -> str:
    """Make an invitation and return its absolute link, which cannot be shown again."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    Invitation.objects.create(
        digest=_digest(token),
        note=note,
        for_admin=for_admin and by.is_superuser,
        made_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    record(Action.PERSON_INVITED, details="as an admin" if for_admin and by.is_superuser else "", by=by)
    return f"{settings.PUBLIC_URL}{reverse('accounts:join')}?{urlencode({'token': token})}"


def find_invitation(token: str) -> Invitation:
    """Return the open invitation of this token. Raises ``InvitationInvalid``."""
    found = Invitation.objects.open().select_related("made_by").filter(digest=_digest(token)).first()
    if found is None:
        raise InvitationInvalid
    return found


@transaction.atomic
def accept_invitation(*, token: str, username: str, password: str) -> User:
    """Use up the invitation and return the new person. Raises ``InvitationInvalid`` and ``UsernameTaken``."""
    # Only one of two simultaneous browsers marks the row.
    opened = Invitation.objects.filter(pk=find_invitation(token).pk, used_at__isnull=True)
    if not opened.update(used_at=Now()):
        raise InvitationInvalid
    invitation = Invitation.objects.get(digest=_digest(token))
    rights: dict[str, Any] = {"is_staff": invitation.for_admin, "is_superuser": invitation.for_admin}
    try:
        person = User.objects.create_user(username, password=password, **rights)
    except IntegrityError:  # somebody else took the name after the form was checked; the invitation stays unused
        raise UsernameTaken from None
    Invitation.objects.filter(pk=invitation.pk).update(used_by=person)
    record(Action.PERSON_ADDED, subject=username, details="by an invitation", by=person)
    return person


@transaction.atomic
def withdraw_invitation(*, invitation_id: int) -> bool:
    """Delete an unused invitation; return false if there is none."""
    withdrawn = bool(Invitation.objects.filter(pk=invitation_id, used_at__isnull=True).delete()[0])
    if withdrawn:
        record(Action.INVITATION_WITHDRAWN)
    return withdrawn


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
