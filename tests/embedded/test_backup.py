"""``backup`` and ``restore``: a new stack holds the same as the old one."""

import io
import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.chat.models import Conversation
from apps.embedded.engines.dumps import DumpError, client_program, failure_of, restore_dump
from apps.endpoints.services import add_endpoint
from apps.usage.models import UsageDay
from tests.chat.exchanges import answered_conversation

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300  # seconds


@pytest.fixture
def filled(alice: User, no_worker_at_hand: None) -> None:
    answered_conversation(alice, "What is a list? – «été» 列表", "A list:\n\n```python\n[1, 2]\\n\n```\n")
    add_endpoint(name="gpu-1", url="http://gpu-1:8080", protocol="tgi", variant="base", token="a-token")
    assert UsageDay.objects.get().generations == 1


def manage(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command on the one-command stack of a folder, which does not run."""
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    environment["DATA_DIR"] = str(data_dir)
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)


def tables_in(file: Path) -> dict[str, list[str]]:
    """The rows of each table in a dump, in any order."""
    command = [client_program("pg_restore"), "--data-only", "--file=-", str(file)]
    script = subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout
    tables = re.findall(r"^COPY (public\.\w+) .*?;\n(.*?)^\\\.$", script, re.MULTILINE | re.DOTALL)
    assert len(tables) > 20
    return {name: sorted(rows.splitlines()) for name, rows in tables}


def test_a_new_stack_holds_the_same(filled: None, tmp_path: Path) -> None:
    first, second = tmp_path / "first.dump", tmp_path / "second.dump"
    call_command("backup", str(first))
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert AuditEntry.objects.filter(action="backed up").exists()
    data_dir = tmp_path / "new"
    restored = manage(data_dir, "restore", str(first), "--yes")
    assert restored.returncode == 0, restored.stderr
    assert "does not open" not in restored.stderr
    again = manage(data_dir, "backup", str(second))
    assert again.returncode == 0, again.stderr
    before, after = tables_in(first), tables_in(second)
    assert "restored" in "".join(after.pop("public.audit_auditentry"))
    before.pop("public.audit_auditentry")
    assert any("列表" in row for row in before["public.chat_message"])
    assert after == before


def test_another_secret_key_is_told(filled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "first.dump"
    call_command("backup", str(file))
    monkeypatch.setenv("SECRET_KEY", "another-key-0123456789-0123456789-0123456789-0123456789")
    restored = manage(tmp_path / "new", "restore", str(file), "--yes")
    assert restored.returncode == 0, restored.stderr
    assert "This SECRET_KEY does not open the tokens of: gpu-1." in restored.stderr


def test_what_is_no_backup_changes_nothing(filled: None, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no dump")
    with pytest.raises(CommandError, match="pg_restore: error"):
        call_command("restore", str(file), "--yes")
    assert Conversation.objects.count() == 1


def test_a_failed_restore_puts_everything_back(filled: None, tmp_path: Path) -> None:
    file, cut, after = tmp_path / "first.dump", tmp_path / "cut.dump", tmp_path / "after.dump"
    call_command("backup", str(file))
    data_dir = tmp_path / "new"
    assert manage(data_dir, "restore", str(file), "--yes").returncode == 0
    whole = file.read_bytes()
    cut.write_bytes(whole[: len(whole) * 6 // 10])
    refused = manage(data_dir, "restore", str(cut), "--yes")
    assert refused.returncode == 1
    assert "pg_restore: error" in refused.stderr
    assert manage(data_dir, "backup", str(after)).returncode == 0
    assert tables_in(after)["public.chat_message"] == tables_in(file)["public.chat_message"]


def test_nothing_is_restored_under_programs_that_run(filled: None, tmp_path: Path) -> None:
    file = tmp_path / "first.dump"
    call_command("backup", str(file))
    other: Any = connection.copy()
    other.ensure_connection()
    try:
        with pytest.raises(DumpError, match="other connections use this database"):
            restore_dump(file)
    finally:
        other.close()
    assert Conversation.objects.count() == 1


def test_nobody_to_ask_changes_nothing(filled: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "workbench.dump"
    call_command("backup", str(file))
    for typed, sentence in (("", "nobody is there to ask. Add --yes."), ("no\n", "Nothing was changed.")):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(CommandError, match=re.escape(sentence)):
            call_command("restore", str(file))
    assert not AuditEntry.objects.filter(action="restored").exists()


@pytest.mark.parametrize(
    "output",
    [
        "pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 18.4;",
        "pg_restore: error: unsupported version (1.16) in file header\n",
    ],
)
def test_programs_older_than_the_server_say_what_to_install(output: str) -> None:
    """Take the words of PostgreSQL 15."""
    what_to_do = "Install the client programs of PostgreSQL 18, or run this where they are."
    assert failure_of("pg_dump", output) == f"{output.splitlines()[0]}. {what_to_do}"
    assert failure_of("pg_dump", "pg_dump: error: no such database\n") == "pg_dump: error: no such database"


def test_a_file_that_exists_is_kept(db: None, tmp_path: Path) -> None:
    file = tmp_path / "first.dump"
    file.write_text("of last week")
    with pytest.raises(CommandError, match="exists"):
        call_command("backup", str(file))
    assert file.read_text() == "of last week"
