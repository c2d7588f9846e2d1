"""Read the environment, and fail with a sentence that names the variable.

django-environ was tried: it takes any word for false, keeps a socket's path percent-encoded, and its errors do not name
the variable.
"""

import os
import secrets
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ImproperlyConfigured
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from apps.embedded.layout import Layout

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}

DATABASE_URL_SHAPE = "DATABASE_URL must look like postgresql://user:password@host:5432/name."


def read_text(name: str, default: str) -> str:
    """Return the variable, or the text of the file that ``NAME_FILE`` names; ``default`` if both are unset or empty."""
    return os.environ.get(name, "").strip() or _read_file(f"{name}_FILE") or default


def _read_file(name: str) -> str:
    path = os.environ.get(name, "").strip()
    try:
        return Path(path).read_text().strip() if path else ""
    except (OSError, UnicodeDecodeError):
        raise ImproperlyConfigured(f"{name} names {path}, which cannot be read as text.") from None


def read_list(name: str, default: str) -> list[str]:
    return [part.strip() for part in read_text(name, default).split(",") if part.strip()]


def read_int(name: str, default: int, *, least: int | None = None) -> int:
    text = read_text(name, str(default))
    try:
        number = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None
    if least is not None and number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}.")
    return number


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


def read_url(name: str, default: str) -> str:
    """Return the address of a site, without a slash at its end."""
    url = read_text(name, default).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise ImproperlyConfigured(f"{name} must look like https://code.example.org, without a path, not {url!r}.")
    return url


def host_of(url: str) -> str:
    """Return the host of ``url`` as ``ALLOWED_HOSTS`` writes it."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def parse_networks(name: str, texts: list[str]) -> list[IPv4Network | IPv6Network]:
    """Return networks in CIDR notation."""
    try:
        return [ip_network(text) for text in texts]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be networks such as 10.0.0.0/8, with commas: {error}.") from None


def database_settings(url: str) -> dict[str, Any]:
    """Return Django's settings for ``postgresql://user:password@host:port/name?sslmode=…``, parsed by libpq.

    A host that is a (percent-encoded) path is a Unix socket; options unknown to Django go to ``OPTIONS``.
    """
    if not url.startswith(("postgres://", "postgresql://")):
        raise ImproperlyConfigured(DATABASE_URL_SHAPE)
    try:
        found = conninfo_to_dict(url)
    except ProgrammingError:  # the error's text may hold the password
        raise ImproperlyConfigured(DATABASE_URL_SHAPE) from None
    name, port = str(found.pop("dbname", "")), str(found.pop("port", ""))
    if not name:
        raise ImproperlyConfigured(f"{DATABASE_URL_SHAPE} The name is missing.")
    if not all(part.isdecimal() for part in port.split(",") if part):
        raise ImproperlyConfigured("DATABASE_URL has a port that is not a number.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": found.pop("user", ""),
        "PASSWORD": found.pop("password", ""),
        "HOST": found.pop("host", ""),
        "PORT": port,
        "OPTIONS": found,
    }


def celery_broker_url(redis_url: str) -> str:
    """Return the same Redis URL in the spelling of Celery's transport."""
    parts = urlsplit(redis_url)
    if parts.scheme in {"redis", "rediss"} and parts.hostname:
        return redis_url
    if parts.scheme == "unix" and parts.path:
        database = parse_qs(parts.query).get("db", ["0"])[0]
        return f"redis+socket://{parts.path}?virtual_host={database}"
    raise ImproperlyConfigured("REDIS_URL must look like redis://host:6379/0 or unix:///path/to/socket?db=0.")


def secret_key(layout: Layout) -> str:
    """Return ``SECRET_KEY``, or the one-command stack's own key, made once and kept in ``DATA_DIR``."""
    given = read_text("SECRET_KEY", "")
    if given:
        return given
    try:
        if not layout.secret_key.exists():
            _make_secret_key(layout.secret_key)
        return layout.secret_key.read_text()
    except OSError as error:
        raise ImproperlyConfigured(
            f"DATA_DIR {layout.data_dir} cannot be used: {error.strerror}. Set it to a folder that can be written."
        ) from None


def _make_secret_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may race to make the key: a hard link appears complete, and only one of them wins.
    with NamedTemporaryFile("w", dir=path.parent, prefix="secret_key.") as draft:
        draft.write(secrets.token_urlsafe(50))
        draft.flush()
        with suppress(FileExistsError):
            os.link(draft.name, path)
