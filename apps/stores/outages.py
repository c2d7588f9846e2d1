"""What is raised while Postgres or Redis is away: nothing is wrong with the work, and it can be done again later."""

from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout
from redis.exceptions import RedisError

POSTGRES_AWAY = (OperationalError, InterfaceError, PoolTimeout)
STORE_AWAY = (*POSTGRES_AWAY, RedisError)
