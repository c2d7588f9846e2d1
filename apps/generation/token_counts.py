"""Token counts of texts by a model server's own tokenizer: counted by workers, kept in Redis for an hour.

Callers name each text; a name must stand for that text alone.
"""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import cast

import structlog
from redis.exceptions import RedisError

from apps.endpoints.models import Endpoint
from apps.stores.redis import sync_client

logger = structlog.get_logger(__name__)

KEPT_SECONDS = 3600
ASKED_SECONDS = 10  # until a count may be requested again
TEXT_SECONDS = 60


def name_of(text: str) -> str:
    """Return the name of a text that has no id: a hash."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def known_counts(endpoint: Endpoint, names: Sequence[str]) -> dict[str, int]:
    """Return the known counts; none while Redis is down."""
    if not names:
        return {}
    try:
        found = sync_client().mget([_count_key(endpoint, name) for name in names])
    except (RedisError, OSError) as error:
        logger.warning("counts not read", error=type(error).__name__)
        return {}
    return {name: int(count) for name, count in zip(names, found, strict=True) if count is not None}


def unasked(endpoint: Endpoint, names: Iterable[str]) -> list[str]:
    """Return the names whose counts nobody requested in the last seconds, and mark them as requested."""
    client = sync_client()
    return [name for name in names if client.set(_asked_key(endpoint, name), 1, nx=True, ex=ASKED_SECONDS)]


def leave_text(name: str, text: str) -> None:
    """Keep a text that is stored nowhere else in Redis for a minute, so that a worker can count it."""
    sync_client().set(_text_key(name), text, ex=TEXT_SECONDS)


def left_texts(names: Sequence[str]) -> dict[str, str]:
    """Return the texts of these names that are still there."""
    if not names:
        return {}
    found = cast("list[bytes | None]", sync_client().mget([_text_key(name) for name in names]))
    return {name: text.decode() for name, text in zip(names, found, strict=True) if text is not None}


def keep_count(endpoint: Endpoint, name: str, tokens: int) -> None:
    """Store the count of the text ``name`` for an hour."""
    sync_client().set(_count_key(endpoint, name), tokens, ex=KEPT_SECONDS)


def _count_key(endpoint: Endpoint, name: str) -> str:
    # Another model may have another tokenizer.
    return f"workbench:tokens:{name_of(f'{endpoint.url} {endpoint.model_id}')}:{name}"


def _asked_key(endpoint: Endpoint, name: str) -> str:
    return f"workbench:tokens:asked:{endpoint.pk}:{name}"


def _text_key(name: str) -> str:
    return f"workbench:tokens:text:{name}"
