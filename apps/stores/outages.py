"""The exceptions that mean Postgres or Redis is away: the work is fine, and can be retried later."""

from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

POSTGRES_AWAY = (OperationalError, InterfaceError, PoolTimeout)
STORE_AWAY = (*POSTGRES_AWAY, RedisError)
# Narrower: an error that Redis answers with is none of these.
UNREACHABLE = (*POSTGRES_AWAY, RedisConnectionError, RedisTimeoutError)
