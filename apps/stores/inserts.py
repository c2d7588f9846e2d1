"""Insert rows with a statement that is compiled once; Django builds and compiles each INSERT anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections, transaction
from django.db.models import Field, Model
from django.db.models.expressions import DatabaseDefault

from apps.stores.compiled import prepared

DATABASE = "default"


@dataclass(frozen=True, slots=True)
class _Insert:
    """The text of an INSERT, the fields that it is given, and those that the database fills in."""

    sql: str
    given: "Sequence[Field[Any, Any]]"
    filled: "Sequence[Field[Any, Any]]"


_known: dict[tuple[Any, ...], _Insert] = {}


def insert[Row: Model](row: Row, *, also: str = "") -> Row:
    """Insert a row as ``save`` does, without signals, and return it with the database's default values.

    Columns that Postgres generates stay unread. ``also`` is an UPDATE in the same statement, FROM the row as ``new``.
    """
    model, connection = type(row), connections[DATABASE]
    fields = [field for field in model._meta.concrete_fields if not field.generated]
    values = {field: field.pre_save(row, add=True) for field in fields}
    filled = tuple(field for field, value in values.items() if _is_filled(field, value))
    insert = _known.get((model, filled, also)) or _known.setdefault(
        (model, filled, also), _compile(model, filled, also)
    )
    parameters = [field.get_db_prep_save(values[field], connection) for field in insert.given]
    with transaction.mark_for_rollback_on_error(DATABASE), prepared(connection), connection.cursor() as cursor:
        cursor.execute(insert.sql, parameters)
        found = cursor.fetchone() if filled else ()
    for field, value in zip(filled, found, strict=True):
        setattr(row, field.attname, value)
    row._state.adding, row._state.db = False, DATABASE  # noqa: SLF001 (what Django asks whether a row is stored)
    return row


def _is_filled(field: "Field[Any, Any]", value: object) -> bool:
    """Return whether the database gives the value."""
    return isinstance(value, DatabaseDefault) or (field.primary_key and value is None)


def _compile(model: type[Model], filled: "Sequence[Field[Any, Any]]", also: str) -> _Insert:
    given = [field for field in model._meta.concrete_fields if not field.generated and field not in filled]
    table, columns = _quote(model._meta.db_table), ", ".join(_quote(field.column) for field in given)
    sql = f"INSERT INTO {table} ({columns}) VALUES ({', '.join(map(_place, given))})"  # noqa: S608 - names of our own
    returned = ", ".join(_quote(field.column) for field in filled)
    if also:
        sql = f"WITH new AS ({sql} RETURNING *), also AS ({also}) SELECT {returned} FROM new"  # noqa: S608 - as above
    elif filled:
        sql += f" RETURNING {returned}"
    return _Insert(sql, given, filled)


def _place(field: "Field[Any, Any]") -> str:
    """Return the place of a value. An empty list does not tell its type; text must not be cast, which may cut it."""
    kind = field.db_type(connections[DATABASE]) or ""
    return f"%s::{kind}" if kind.endswith("[]") else "%s"


def _quote(name: str | None) -> str:
    return connections[DATABASE].ops.quote_name(name or "")
