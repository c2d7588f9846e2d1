"""Check the Postgres and the Redis that the environment names in place of the embedded ones."""

import os

import psycopg
import redis
from django.conf import settings

from apps.embedded.errors import StartError
from apps.embedded.versions import too_old

CONNECT_SECONDS = 5


def is_given(variable: str) -> bool:
    """Return whether the environment names a server, directly or in a file."""
    return any(os.environ.get(name, "").strip() for name in (variable, f"{variable}_FILE"))


def check_given_services() -> None:
    """Raise ``StartError`` if a named server does not answer or is too old; its sentence holds no password."""
    if is_given("DATABASE_URL"):
        _check_database()
    if is_given("REDIS_URL"):
        _check_redis()


def _check_database() -> None:
    try:
        with psycopg.connect(settings.DATABASE_URL, connect_timeout=CONNECT_SECONDS) as connection:
            if refusal := too_old(connection.info.server_version):
                raise StartError(refusal)
    except psycopg.Error as error:
        raise StartError(f"The database of DATABASE_URL cannot be reached: {_last_line(error)}") from None


def _check_redis() -> None:
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_connect_timeout=CONNECT_SECONDS, socket_timeout=CONNECT_SECONDS
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise StartError(f"The Redis of REDIS_URL cannot be reached: {_last_line(error)}") from None


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__
