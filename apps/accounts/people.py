"""Switch people off and on, put them into groups, make and unmake admins, delete people. One admin always stays."""

from collections.abc import Collection

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group
from django.db import transaction
from django.dispatch import Signal

from apps.accounts.errors import LastAdmin
from apps.accounts.models import User
from apps.accounts.sessions import end_sessions
from apps.audit.models import Action
from apps.audit.services import record

# Sent with ``person`` before a person is switched off or deleted: receivers stop what the person has running.
person_leaves = Signal()


@transaction.atomic
def switch_off(*, person: User) -> None:
    """End the person's sessions and running replies, and refuse sign-ins and keys. Raises ``LastAdmin``."""
    ensure_an_admin_stays(without=[person.pk])
    User.objects.filter(pk=person.pk).update(is_active=False)
    record(Action.PERSON_SWITCHED_OFF, subject=person.username)
    end_sessions(user=person)
    transaction.on_commit(lambda: person_leaves.send(sender=User, person=person))


def switch_on(*, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=True)
    record(Action.PERSON_SWITCHED_ON, subject=person.username)


def make_admin(*, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_staff=True, is_superuser=True)
    record(Action.RIGHTS_GIVEN, subject=person.username)


@transaction.atomic
def unmake_admin(*, person: User) -> None:
    """Make an ordinary user of an admin. Raises ``LastAdmin``."""
    ensure_an_admin_stays(without=[person.pk])
    User.objects.filter(pk=person.pk).update(is_staff=False, is_superuser=False)
    record(Action.RIGHTS_TAKEN, subject=person.username)


@transaction.atomic
def set_groups(*, person: User, groups: Collection[Group]) -> None:
    """Put the person into exactly these groups."""
    person.groups.set(groups)
    names = ", ".join(sorted(group.name for group in groups))
    record(Action.GROUPS_SET, subject=person.username, details=names or "none")


def remove_second_factors(*, person: User) -> int:
    """Remove passkeys, authenticator app and recovery codes of somebody who lost them. Return how many there were."""
    count: int = Authenticator.objects.filter(user=person).delete()[0]
    record(Action.FACTORS_REMOVED, subject=person.username)
    return count


def delete_person(*, person: User) -> None:
    """Stop the person's replies and delete everything of theirs, at once and for good. Raises ``LastAdmin``."""
    with transaction.atomic():
        ensure_an_admin_stays(without=[person.pk])
        # Switch the person off first, so that no reply can start during the deletion.
        User.objects.filter(pk=person.pk).update(is_active=False)
        record(Action.PERSON_DELETED, subject=person.username)
        end_sessions(user=person)
    person_leaves.send(sender=User, person=person)
    User.objects.filter(pk=person.pk).delete()


def ensure_an_admin_stays(*, without: list[int]) -> None:
    """Raise ``LastAdmin`` if these people are all remaining admins. Call this in the transaction of the change.

    The rows stay locked until the commit: of two admins who switch each other off at once, the second is refused.
    """
    admins = User.objects.filter(is_active=True, is_superuser=True).order_by("pk")
    ids = list(admins.select_for_update().values_list("pk", flat=True))
    if ids and not set(ids) - set(without):
        raise LastAdmin
