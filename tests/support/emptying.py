"""Pytest plugin: empties the database after a test that commits, in two milliseconds instead of two hundred.

Django's own way truncates every table, whose locks wait for the programs that are running, and then makes all content
types and permissions anew. Here rows are deleted, and those stay.
"""

from django.db import OperationalError, connection
from django.test import TransactionTestCase
from psycopg.errors import DeadlockDetected

KEPT = ("django_content_type", "auth_permission", "django_migrations")
# In a replica's mode, Postgres checks no foreign keys, so the tables can be emptied in any order.
EMPTY = """
    DO $$
    DECLARE
        name text;
    BEGIN
        SET LOCAL session_replication_role = replica;
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL ('{%s}') LOOP
            EXECUTE format('DELETE FROM %%I', name);
        END LOOP;
    END $$
"""


ATTEMPTS = 5


def _empty(_test_case: TransactionTestCase) -> None:
    """Delete all rows; try again if Postgres reports a deadlock with a running program."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with connection.cursor() as cursor:
                cursor.execute(EMPTY % ",".join(KEPT))
        except OperationalError as error:
            if attempt == ATTEMPTS or not isinstance(error.__cause__, DeadlockDetected):
                raise
        else:
            return


def pytest_configure() -> None:
    TransactionTestCase._fixture_teardown = _empty  # type: ignore[attr-defined]  # noqa: SLF001 - has no public name
