"""Upper bounds of SQL statements."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def at_most(number: int) -> Iterator[None]:
    """Count every statement, including those that begin and end transactions."""
    with CaptureQueriesContext(connection) as captured:
        yield
    statements = "\n".join(query["sql"][:160] for query in captured)
    assert 0 < len(captured) <= number, f"{len(captured)} statements:\n{statements}"
