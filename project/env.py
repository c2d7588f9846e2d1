"""Reads the environment, and fails with a sentence that names the variable."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from apps.embedded.layout import Layout

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}


def read_text(name: str, default: str) -> str:
    """The variable, or ``default`` where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def read_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in read_text(name, default).split(",") if part.strip()]


def read_int(name: str, default: int) -> int:
    text = read_text(name, str(default))
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None


def read_float(name: str, default: float) -> float:
    text = read_text(name, str(default))
    try:
        return float(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a number, not {text!r}.") from None


def read_bool(name: str, *, default: bool) -> bool:
    text = read_text(name, str(default)).lower()
    if text in TRUE_WORDS | FALSE_WORDS:
        return text in TRUE_WORDS
    raise ImproperlyConfigured(f"{name} must be true or false, not {text!r}.")


def database_settings(url: str) -> dict[str, Any]:
    """Django's settings for ``postgresql://user:password@host:port/name``; a host that is a path is a Unix socket."""
    parts = urlsplit(url)
    name = unquote(parts.path.lstrip("/"))
    if parts.scheme not in {"postgres", "postgresql"} or not name:
        raise ImproperlyConfigured("DATABASE_URL must look like postgresql://user:password@host:5432/name.")
    try:
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured("DATABASE_URL has a port that is not a number.") from None
    # urlsplit lower-cases the host name, which would break a socket path.
    host = unquote(parts.netloc.rpartition("@")[2])
    if not host.startswith("/"):
        host = parts.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(port or ""),
    }


def celery_broker_url(redis_url: str) -> str:
    """The same Redis in the spelling that Celery's transport reads."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    return f"redis+socket://{parts.path}"


def secret_key(layout: Layout) -> str:
    """``SECRET_KEY``, or for the one-command stack a key of its own, made once and kept in ``DATA_DIR``."""
    given = read_text("SECRET_KEY", "")
    if given:
        return given
    try:
        return layout.secret_key.read_text()
    except FileNotFoundError:
        return _make_secret_key(layout.secret_key)
    except OSError as error:
        raise ImproperlyConfigured(f"Cannot read {layout.secret_key}: {error.strerror}.") from None


def _make_secret_key(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(secrets.token_urlsafe(50))
    except FileExistsError:
        pass  # another process of the same stack was first
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR {path.parent} cannot be written: {error.strerror}. Set DATA_DIR to a folder that can."
        ) from None
    return path.read_text()
