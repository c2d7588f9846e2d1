"""Starts the whole stack, as ``make run`` does, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.embedded.ports import free_port
from tests.faults.stack import Stack


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that has not been started yet."""
    monkeypatch.delenv("SECRET_KEY")
    stack = Stack(tmp_path / "data", free_port())
    yield stack
    stack.end()
