"""Things that groups may use: a thing that names no group is everybody's, and admins may use all."""

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import User


def usable_by(person_id: int, *, things: str) -> Q:
    """Return the condition for rows that the person may use; ``things`` is the rows' name at ``Group``."""
    named = Group.objects.filter(**{things: OuterRef("pk")})
    is_member = Exists(named.filter(user=person_id))
    return Q(~Exists(named)) | Q(is_member) | Q(Exists(User.objects.filter(pk=person_id, is_superuser=True)))
