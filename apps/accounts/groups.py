"""Limit rows such as endpoints to groups. Everybody may use rows without groups; admins may use all."""

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, Q

from apps.accounts.models import User


def usable_by(person_id: int | OuterRef, *, things: str) -> Q:
    """Return the condition for rows that the person may use; ``things`` is the rows' name at ``Group``.

    The person may be an ``OuterRef(OuterRef(…))``: a column of the query around the rows' query.
    """
    named = Group.objects.filter(**{things: OuterRef("pk")})
    is_member = Exists(named.filter(user=person_id))
    return Q(~Exists(named)) | Q(is_member) | Q(Exists(User.objects.filter(pk=person_id, is_superuser=True)))


def kept_for(groups: Iterable[Group]) -> list[str]:
    """Return a sentence for each row that would be open to everybody if these groups were deleted."""
    named = [
        (relation.related_model._meta.verbose_name, relation.related_model._default_manager, relation.field.name)  # noqa: SLF001
        for relation in Group._meta.related_objects
        if relation.many_to_many and relation.related_model is not User
    ]
    return [
        f"{name} {thing} is for this group: choose others for it first."
        for name, things, field in named
        for thing in things.filter(**{f"{field}__in": groups}).distinct()
    ]
