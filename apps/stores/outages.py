"""The exceptions that mean Postgres or Redis is away: the work is fine, and can be retried later."""

from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

POSTGRES_AWAY = (OperationalError, InterfaceError, PoolTimeout)
STORE_AWAY = (*POSTGRES_AWAY, RedisError)
