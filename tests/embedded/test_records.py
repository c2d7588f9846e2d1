"""The supervisor's records of its children."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from signal import SIGTERM

import pytest

from apps.embedded.supervision.records import Record, read_records, write_records


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    records = [Record.of("one", os.getpid(), SIGTERM), Record("two", 2, 3.5, 2)]
    write_records(tmp_path / "state.json", records)
    assert read_records(tmp_path / "state.json") == records


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"name": "worker"}]', "null"])
def test_a_spoilt_file_holds_no_records(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text)
    assert read_records(tmp_path / "state.json") == []


def test_a_later_process_with_the_same_pid_is_not_taken_for_the_recorded_one() -> None:
    record = Record.of("us", os.getpid(), SIGTERM)
    assert record.find() is not None
    assert replace(record, started=record.started - 1).find() is None


def test_a_process_that_ended_is_not_found() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        record = Record.of("child", process.pid, SIGTERM)
        assert record.find() is not None
        process.communicate(b"\n")
        assert record.find() is None
