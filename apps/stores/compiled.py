"""Querysets whose SQL is compiled once in each process, and which Postgres plans once for each connection.

Django builds and compiles a queryset anew each time, which takes longer than running most of them. Only the text of the
SQL is kept here, never a row.
"""

import copy
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import partial, wraps
from typing import Any, override
from uuid import UUID

from django.db import connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

PLACE = re.compile("%[%s]")


def compiled[*Given, Row](build: Callable[[*Given], "QuerySet[Any, Row]"]) -> Callable[[*Given], list[Row]]:
    """Return a function that reads the rows of ``build``'s queryset, and has it built and compiled only once.

    ``build`` gets marks in place of its arguments. It must pass each mark unchanged into a condition, and read
    nothing that may change, such as the time. ``None``, booleans and enum members get no mark: each has its own SQL.
    """
    texts: dict[tuple[Any, ...], _Text[Row]] = {}

    @wraps(build)
    def read(*given: *Given) -> list[Row]:
        kind = tuple(value if _is_constant(value) else type(value) for value in given)
        if kind not in texts:
            texts[kind] = _compile(build, given)
        return texts[kind].rows(given)

    return read


@dataclass(frozen=True, slots=True)
class _Text[Row]:
    """The SQL of a queryset. ``places`` names the argument for each parameter, and converts it for the database."""

    queryset: "QuerySet[Any, Row]"
    compiler: "_PreparedCompiler"
    sql: str
    places: Sequence[tuple[int, Callable[[Any], Any]]]

    def rows(self, given: Sequence[Any]) -> list[Row]:
        found = self.queryset.all()
        parameters = tuple(convert(given[number]) for number, convert in self.places)
        found.query.get_compiler = partial(self.compiler.with_text, self.sql, parameters)  # type: ignore[method-assign]
        return list(found)


class _PreparedCompiler(SQLCompiler):
    """Run a text that was compiled before as a prepared statement."""

    text: tuple[str, tuple[Any, ...]]

    def with_text(self, sql: str, parameters: tuple[Any, ...], using: str) -> "_PreparedCompiler":
        compiler = copy.copy(self)
        compiler.connection, compiler.text = connections[using], (sql, parameters)
        return compiler

    @override
    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        return self.text if hasattr(self, "text") else super().as_sql(*args, **kwargs)

    @override
    def execute_sql(self, *args: Any, **kwargs: Any) -> Any:
        with prepared(self.connection):
            return super().execute_sql(*args, **kwargs)


@contextmanager
def prepared(connection: Any) -> Iterator[None]:
    """Have psycopg prepare frequent statements in the ``with`` block: parameters are sent apart from the text."""
    connection.ensure_connection()
    opened = connection.connection
    usual, opened.cursor_factory = opened.cursor_factory, ServerBindingCursor
    try:
        yield
    finally:
        opened.cursor_factory = usual


def _compile[Row](build: Callable[..., "QuerySet[Any, Row]"], given: Sequence[Any]) -> _Text[Row]:
    marks = [_mark(number, value) for number, value in enumerate(given)]
    queryset = build(*marks)
    connection: Any = connections[queryset.db]
    compiler = _PreparedCompiler(queryset.query, connection, queryset.db)
    sql, parameters = compiler.as_sql()
    # Write constants into the text, so that the planner can use a partial index for them.
    written: list[str] = []
    places: list[tuple[int, Callable[[Any], Any]]] = []
    for parameter in parameters:
        number = next((number for number, mark in enumerate(marks) if _is_same(mark, parameter)), None)
        if number is None:
            written.append(connection.ops.compose_sql("%s", [parameter]).replace("%", "%%"))
        else:
            written.append("%s")
            places.append((number, type(parameter) if isinstance(parameter, int) else _as_it_is))
    unread = [number for number, value in enumerate(given) if not _is_constant(value)]
    unread = [number for number in unread if number not in dict(places)]
    if unread:
        raise TypeError(f"{build.__name__} does not hand on these arguments as they are: {unread}")
    rest = iter(written)
    text = PLACE.sub(lambda place: place.group() if place.group() == "%%" else next(rest), sql)
    return _Text(queryset, compiler, text, places)


def _is_constant(value: object) -> bool:
    return value is None or isinstance(value, bool | Enum)


def _mark(number: int, value: object) -> object:
    """Return a value of the same type that occurs nowhere else."""
    match value:
        case None | bool() | Enum():
            return value
        case int():
            return number - 2**31
        case str():
            return f"argument {number} of a compiled queryset"
        case UUID():
            return UUID(int=number + 2**127 + 2**64)
        case datetime():
            return datetime(1, 1, 1 + number, tzinfo=UTC)
        case list():
            return [UUID(int=number + 2**127 + 2**65)]
    raise TypeError(f"no mark for {type(value).__name__}")


def _is_same(mark: object, parameter: object) -> bool:
    return not _is_constant(mark) and isinstance(parameter, type(mark)) and parameter == mark


def _as_it_is(value: Any) -> Any:
    return value
