"""A PostgreSQL that is too old, as most systems ship it, is refused in a sentence: by the start and by ``migrate``."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from apps.embedded import folders
from apps.embedded.engines import postgres
from apps.embedded.layout import DATABASE_NAME, DATABASE_USER, Layout
from apps.embedded.program import PROJECT_FOLDER, Program
from tests.support.services import run

OLD = postgres.INSTALLED.with_name("pginstall") / "bin"  # the package brings PostgreSQL 16 too
SENTENCE = "PostgreSQL 18 or later is needed; this is 16."


def of_old(program: Program) -> Program:
    binary, *options = program.argv
    options = [option for option in options if "builtin" not in option]  # locales that it does not know
    return replace(program, argv=(str(OLD / Path(binary).name), *options))


@pytest.fixture(scope="module")
def old_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an empty database of PostgreSQL 16."""
    layout = Layout(tmp_path_factory.mktemp("old"))
    folders.make_folders(layout)
    postgres.prepare(layout)
    run(of_old(postgres.initialisation(layout)), layout.logs).wait_for_success()
    postgres.finish_initialisation(layout)
    server = run(of_old(postgres.program(layout, durable=False)), layout.logs)
    try:
        server.wait_until(lambda: postgres.answers(layout))
        postgres.create_database(layout)
        yield f"postgresql://{DATABASE_USER}@{str(layout.sockets).replace('/', '%2F')}/{DATABASE_NAME}"
    finally:
        server.stop()


@pytest.mark.parametrize("command", ["migrate", "start"])
def test_old_server_is_refused(old_database: str, tmp_path: Path, command: str) -> None:
    environment = {**os.environ, "DATABASE_URL": old_database, "DATA_DIR": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=PROJECT_FOLDER,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    written = answer.stdout + answer.stderr
    assert answer.returncode == 1
    assert SENTENCE in written
    assert written.count("\n") == 1
