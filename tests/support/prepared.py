"""A Postgres data directory with all migrations, made once in this checkout and copied for each stack of the tests.

Django must not be needed here: the settings are read after the stack's plugin.
"""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from apps.embedded import folders
from apps.embedded.engines import postgres
from apps.embedded.layout import DATABASE_NAME, DATABASE_USER, Layout
from apps.embedded.program import PROJECT_FOLDER, Program
from tests.support.services import run

FOLDER = PROJECT_FOLDER / ".pytest_cache" / "stack"
# Django's own name for the test database of this one.
TEST_DATABASE = f"test_{DATABASE_NAME}"


def copy_database(layout: Layout) -> None:
    """Put a data directory with a migrated database, and its copy for tests, where the stack's server looks for it."""
    with alone():
        kept = FOLDER / f"postgres-{_fingerprint()}"
        if not kept.exists():
            for old in FOLDER.glob("postgres-*"):
                shutil.rmtree(old)
            _make_database(kept)
        copy(kept, layout.postgres_data)


@contextmanager
def alone() -> Iterator[None]:
    """Lock, so that other processes wait instead of making the same copy."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fingerprint() -> str:
    """Return a digest of what decides about the tables; pytest-django runs migrations that are missing all the same."""
    decisive = [
        *PROJECT_FOLDER.glob("apps/*/migrations/*.py"),
        PROJECT_FOLDER / "uv.lock",
        Path(postgres.__file__),
        Path(__file__),
    ]
    facts = "".join(f"{path}\n{path.read_text()}" for path in sorted(decisive))
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _make_database(kept: Path) -> None:
    """Migrate an empty database on a server of its own, and keep the data directory of that server."""
    with TemporaryDirectory(prefix="workbench-tests-") as folder:
        layout = Layout(Path(folder))
        folders.make_folders(layout)
        postgres.prepare(layout)
        run(postgres.initialisation(layout), layout.logs).wait_for_success()
        postgres.finish_initialisation(layout)
        server = run(postgres.program(layout, durable=False), layout.logs)
        try:
            server.wait_until(lambda: postgres.answers(layout))
            postgres.create_database(layout)
            run(_migration(layout), layout.logs).wait_for_success()
            with psycopg.connect(
                host=str(layout.sockets), user=DATABASE_USER, dbname="postgres", autocommit=True
            ) as own:
                own.execute(f"CREATE DATABASE {TEST_DATABASE} TEMPLATE {DATABASE_NAME}")
        finally:
            server.stop()
        copy(layout.postgres_data, kept)


def _migration(layout: Layout) -> Program:
    return Program(
        name="migrate",
        argv=(sys.executable, "manage.py", "migrate", "--verbosity=0"),
        environment={"DATABASE_URL": layout.database_url},
    )


def copy(folder: Path, target: Path) -> None:
    """Copy owners and rights too: Postgres insists on both. A copy that was broken off has another name."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    subprocess.run(["cp", "-a", str(folder), str(unfinished)], check=True)  # noqa: S607 -- in every system's path
    unfinished.rename(target)
