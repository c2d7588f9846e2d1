"""Encrypt endpoint tokens at rest, with keys derived from ``SECRET_KEY`` and ``SECRET_KEY_FALLBACKS``.

Why this is our own code: docs/decisions/0003-endpoint-tokens.md.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from apps.endpoints.errors import InvalidEndpoint, TokenUnreadable

PURPOSE = b"workbench endpoint token, version 1"

_SENDABLE = re.compile(r"[!-~]*")


def check_token(token: str) -> None:
    """Raise ``InvalidEndpoint`` if ``token`` cannot go into an ``Authorization`` header."""
    if not _SENDABLE.fullmatch(token):
        raise InvalidEndpoint("The token must be printable ASCII without spaces.")


def seal(token: str) -> str:
    """Encrypt ``token`` with the newest key; an empty token stays empty. Raises ``InvalidEndpoint``."""
    check_token(token)
    return _keyring().encrypt(token.encode()).decode() if token else ""


def unseal(sealed: str) -> str:
    """Return the token that was sealed, under any known key. Raises ``TokenUnreadable``."""
    if not sealed:
        return ""
    try:
        return _keyring().decrypt(sealed).decode()
    except (InvalidToken, ValueError):  # ValueError: not even ASCII
        raise TokenUnreadable from None


def reseal(sealed: str) -> str:
    """Return the same token sealed with the newest key. Raises ``TokenUnreadable``."""
    return seal(unseal(sealed))


def _keyring() -> MultiFernet:
    return _derive((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _derive(secrets: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    return urlsafe_b64encode(derivation.derive(secret.encode()))
