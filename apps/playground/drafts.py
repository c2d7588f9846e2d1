"""Texts that are too long for the playground's address: kept for a day, readable only by their owner."""

import secrets

from django.core.cache import cache

from apps.accounts.models import User

SECONDS = 24 * 60 * 60
TOKEN_BYTES = 16


def keep_draft(*, owner: User, text: str) -> str:
    """Keep the text, and return the token by which its owner reads it."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    cache.set(_name(owner, token), text, SECONDS)
    return token


def read_draft(owner: User, token: str) -> str | None:
    """Return the text; ``None`` if it expired or belongs to somebody else."""
    text: str | None = cache.get(_name(owner, token))
    return text


def _name(owner: User, token: str) -> str:
    return f"playground-draft:{owner.pk}:{token}"
