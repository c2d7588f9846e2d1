"""Encrypt the secrets of second factors at rest, with keys derived from ``SECRET_KEY`` and its fallbacks."""

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"workbench second factor, version 1"


def seal(secret: str) -> str:
    return _keyring().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Return the secret. Raises ``InvalidToken`` when no known key opens it."""
    return _keyring().decrypt(sealed).decode()


def reseal(sealed: str) -> str:
    """Return the same secret under the newest key. Raises ``InvalidToken`` when no known key opens it."""
    return _keyring().rotate(sealed).decode()


def _keyring() -> MultiFernet:
    return _derive((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=4)
def _derive(secrets: Sequence[str]) -> MultiFernet:
    return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str) -> bytes:
    derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE)
    return urlsafe_b64encode(derivation.derive(secret.encode()))
