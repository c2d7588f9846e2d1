"""Make, use and revoke API keys."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from apps.accounts.errors import TooManyKeys, UserInactive, UserNotFound
from apps.accounts.models import ApiKey, User
from apps.audit.models import Action
from apps.audit.origin import note_key
from apps.audit.services import key_is_new_here, record
from apps.stores.compiled import compiled

MARK = "clw_"  # lets people and secret scanners recognise a key
SECRET_BYTES = 32
PREFIX_LENGTH = len(MARK) + 6
LONGEST_KEY = 200
MOST_KEYS = 100  # usable keys per person
LAST_USE_PRECISION = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """The limits of a key: kinds of use, models by any of their names, and figures. Empty means no limit."""

    scopes: Sequence[str] = ()
    model_names: Sequence[str] = ()
    generations_at_once: int | None = None
    requests_per_minute: int | None = None
    tokens_per_day: int | None = None


NO_LIMITS = KeyLimits()


def create_api_key(*, username: str, name: str = "", days: int | None = None, limits: KeyLimits = NO_LIMITS) -> str:
    """Make a key that works for ``days`` and return it; it cannot be shown again.

    Raises ``UserNotFound``, ``UserInactive`` and ``TooManyKeys``.
    """
    owner = User.objects.filter(username=username).first()
    if owner is None:
        raise UserNotFound(username)
    if not owner.is_active:
        raise UserInactive(username)
    return issue_api_key(owner=owner, name=name, days=days, limits=limits)


def issue_api_key(*, owner: User, name: str = "", days: int | None = None, limits: KeyLimits = NO_LIMITS) -> str:
    """Make a key for a user object, as ``create_api_key`` does for a name. Raises ``TooManyKeys``."""
    if ApiKey.objects.visible_to(owner).usable().count() >= MOST_KEYS:
        raise TooManyKeys(MOST_KEYS)
    key = MARK + secrets.token_urlsafe(SECRET_BYTES)
    made = ApiKey.objects.create(
        owner=owner,
        name=name,
        prefix=key[:PREFIX_LENGTH],
        digest=digest_of(key),
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
        scopes=list(limits.scopes),
        model_names=list(limits.model_names),
        generations_at_once=limits.generations_at_once,
        requests_per_minute=limits.requests_per_minute,
        tokens_per_day=limits.tokens_per_day,
    )
    record(Action.KEY_MADE, subject=f"{made} of {owner}", details=", ".join(made.limit_words))
    return key


def revoke_api_key(*, key_id: int) -> bool:
    """Revoke a key; return false if it was revoked already."""
    key = ApiKey.objects.select_related("owner").filter(pk=key_id).first()
    revoked = bool(ApiKey.objects.filter(pk=key_id, revoked_at__isnull=True).update(revoked_at=Now()))
    if key is not None and revoked:
        record(Action.KEY_REVOKED, subject=f"{key} of {key.owner}")
    return revoked


def use_api_key(key: str) -> ApiKey | None:
    """Note the key's use and return its row with the owner; ``None`` if it is wrong, revoked or expired."""
    if not key.startswith(MARK) or len(key) > LONGEST_KEY:
        return None
    found = next(iter(_read_usable(digest_of(key))), None)
    if found is not None:
        note_key(found)
        _note_use(found)
    return found


@compiled
def _read_usable(digest: str) -> QuerySet[ApiKey]:
    return ApiKey.objects.usable().select_related("owner").filter(digest=digest)


def is_usable(key: ApiKey) -> bool:
    """Return whether a key that was already checked still works."""
    return ApiKey.objects.usable().filter(pk=key.pk).exists()


def digest_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _note_use(key: ApiKey) -> None:
    """Note the use at most once a minute: an editor sends a request with every keystroke."""
    outdated = Q(last_used_at__isnull=True) | Q(last_used_at__lt=Now() - LAST_USE_PRECISION)
    if key.last_used_at is None or timezone.now() - key.last_used_at > LAST_USE_PRECISION:
        ApiKey.objects.filter(outdated, pk=key.pk).update(last_used_at=Now())
        if key_is_new_here(key.prefix):
            record(Action.KEY_USED, subject=f"{key} of {key.owner}")
