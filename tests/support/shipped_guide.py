"""The guide as it is shipped, put into the database faster than it can be loaded."""

import msgspec
from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import Model

from apps.guide.models import Edition, ErrorReport, Revision, Source
from apps.guide.services.fingerprint import fingerprint_of
from apps.guide.services.load import load_guide
from apps.guide.services.read import CONTENT_FOLDER
from tests.support.prepared import FOLDER, alone

# The guide's tables after a load, as COPY writes them.
_loaded: dict[str, bytes] = {}


def fill_guide() -> None:
    """Put the shipped content in; only the first in a checkout loads it. The tables must be empty, or as shipped."""
    if Source.objects.exists():
        return
    if _loaded:
        _put_back()
        return
    kept = FOLDER / f"guide-{fingerprint_of(CONTENT_FOLDER)}"
    with alone():
        if not kept.exists():
            load_guide()
            _keep()
            for old in FOLDER.glob("guide-*"):
                old.unlink()
            unfinished = FOLDER / "guide-unfinished"
            unfinished.write_bytes(msgspec.msgpack.encode(_loaded))
            unfinished.rename(kept)
            return
    _loaded.update(msgspec.msgpack.decode(kept.read_bytes(), type=dict[str, bytes]))
    _put_back()
    with connection.cursor() as cursor:
        # The copied rows have ids; set the sequences so that new rows get other ids.
        for statement in connection.ops.sequence_reset_sql(no_style(), _models()):
            cursor.execute(statement)


def _keep() -> None:
    with connection.cursor() as cursor:
        for table in _tables():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                _loaded[table] = b"".join(bytes(data) for data in copy)


def _put_back() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in _loaded.items():
            if table == Edition._meta.db_table:
                Edition.objects.all().delete()
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                copy.write(rows)
        # Without statistics the planner takes full tables for empty ones.
        cursor.execute(f"ANALYZE {', '.join(_tables())}")


def _tables() -> list[str]:
    """Return the guide's tables. The edition is last: it gets its old token, so kept pages are valid again."""
    return [model._meta.db_table for model in _models() if model is not Edition] + [Edition._meta.db_table]


def _models() -> list[type[Model]]:
    """Return the guide's models, without those that people fill."""
    written = (ErrorReport, Revision)
    return [model for model in apps.get_app_config("guide").get_models() if model not in written]
