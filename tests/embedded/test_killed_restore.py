"""A restore that is killed loses nothing: the next start or restore puts back what was there before."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import make_conninfo

from apps.accounts.models import User
from apps.embedded.engines.dumps import SET_ASIDE, client_program
from tests.chat.exchanges import answered_conversation
from tests.support.services import Services

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0  # seconds
NAME = "killed_restore"
# The restore stops in front of its first table, for as long as the test wants.
HOLD = """
    CREATE SCHEMA holding;
    CREATE FUNCTION holding.hold() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(600);
    END $$;
    CREATE EVENT TRIGGER hold ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION holding.hold();
"""
LET_GO = """
    DROP EVENT TRIGGER hold;
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
"""

type Manage = Callable[..., subprocess.Popen[str]]


def conninfo(name: str) -> str:
    facts = connection.settings_dict
    return make_conninfo(host=facts["HOST"], port=facts["PORT"] or None, user=facts["USER"], dbname=name)


@contextmanager
def session(name: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(conninfo(name), password=str(connection.settings_dict["PASSWORD"]), autocommit=True) as made:
        yield made


@pytest.fixture
def dump(alice: User, no_worker_at_hand: None, tmp_path: Path) -> Path:
    answered_conversation(alice, "What was there before?", "This.")
    file = tmp_path / "first.dump"
    call_command("backup", str(file))
    return file


@pytest.fixture
def manage(dump: Path, services: Services) -> Iterator[Manage]:
    """Start a command on a database of its own on the tests' server, which holds what the dump holds."""
    facts = connection.settings_dict
    with session(str(facts["NAME"])) as server:
        server.execute(f"CREATE DATABASE {NAME}")
    subprocess.run([client_program("pg_restore"), "--exit-on-error", "--dbname", conninfo(NAME), str(dump)], check=True)
    server_address, _, _ = services.layout.database_url.rpartition("/")
    environment = {**os.environ, "DATABASE_URL": f"{server_address}/{NAME}"}

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    yield start
    with session(str(facts["NAME"])) as server:
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def done(process: subprocess.Popen[str]) -> tuple[int, str]:
    output, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, output + errors


def questions() -> list[str]:
    with session(NAME) as here:
        rows = here.execute("SELECT question FROM chat_message WHERE role = 'user'").fetchall()
    return [text for (text,) in rows]


def is_set_aside() -> bool:
    with session(NAME) as here:
        return here.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [SET_ASIDE]).fetchone() is not None


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it did not come true in time"
        time.sleep(0.1)


def kill_a_restore(manage: Manage, dump: Path) -> None:
    """Kill ``restore`` while its ``pg_restore`` is at work, and leave that at work: nobody tells it."""
    with session(NAME) as here:
        here.execute(HOLD)
    process = manage("restore", str(dump), "--yes")
    wait_until(is_held)
    process.send_signal(signal.SIGKILL)
    assert done(process)[0] == -signal.SIGKILL
    assert is_set_aside()


def is_held() -> bool:
    """Look from another database: a connection to this one would be in the way of the restore."""
    with connection.cursor() as elsewhere:
        elsewhere.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event = 'PgSleep'", [NAME])
        return elsewhere.fetchone() is not None


@pytest.mark.parametrize("next_command", ["migrate", "restore"])
def test_the_next_command_puts_it_back(manage: Manage, dump: Path, next_command: str) -> None:
    with session(NAME) as here:
        here.execute("UPDATE chat_message SET question = 'Written later' WHERE role = 'user'")
    kill_a_restore(manage, dump)
    arguments = ["migrate"] if next_command == "migrate" else ["restore", str(dump), "--yes"]
    code, said = done(manage(*arguments))
    assert (code, "1 other connections use this database" in said) == (1, True), said
    assert is_set_aside(), "pg_restore is still at work"
    with session(NAME) as here:
        here.execute(LET_GO)
    wait_until(lambda: not is_held())
    code, said = done(manage(*arguments))
    assert code == 0, said
    assert ("The data from before it is back" in said) == (next_command == "migrate")
    assert not is_set_aside()
    assert questions() == ["Written later" if next_command == "migrate" else "What was there before?"]
