"""Write to the audit log."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.text import Truncator

from apps.audit.models import LONGEST_DETAILS, LONGEST_SUBJECT, Action, AuditEntry
from apps.audit.origin import current_origin

if TYPE_CHECKING:
    from apps.accounts.models import User

COMMAND_LINE = "command line"


def key_is_new_here(prefix: str) -> bool:
    """Return whether the log has no entry within a day of this key from the request's address."""
    origin = current_origin()
    since = timezone.now() - timedelta(days=1)
    known = AuditEntry.objects.filter(action=Action.KEY_USED, key_prefix=prefix, at__gt=since)
    return origin is not None and not known.filter(address=origin.address).exists()


def record(action: Action, *, subject: str = "", details: str = "", by: User | None = None) -> AuditEntry:
    """Record an action of ``by``, else of the current request's person, else of the command line.

    Call it in the transaction of the action, so that both are stored or neither. Never pass the text of a prompt or a
    reply.
    """
    origin = current_origin()
    person = by or (origin.person if origin else None)
    return AuditEntry.objects.create(
        action=action,
        actor=person,
        actor_name=person.get_username() if person else ("" if origin else COMMAND_LINE),
        key_prefix=origin.key.prefix if origin and origin.key else "",
        subject=Truncator(subject).chars(LONGEST_SUBJECT),
        details=Truncator(details).chars(LONGEST_DETAILS),
        address=origin.address if origin else "",
    )
