"""Starts the whole stack, as ``make run`` does, in a folder of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from apps.embedded.ports import free_port
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, model_server


@contextmanager
def stack_in_a_folder(**variables: str) -> Iterator[Stack]:
    """A stack that has not been started yet. Its folder is not below pytest's own.

    Each start of pytest closes that folder to other users. Postgres, which runs as one, could not start again.
    """
    with TemporaryDirectory(prefix="workbench-faults-") as folder:
        stack = Stack(Path(folder) / "data", free_port(), variables)
        try:
            yield stack
        finally:
            stack.end()


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that has not been started yet."""
    monkeypatch.delenv("SECRET_KEY")
    with stack_in_a_folder() as stack:
        yield stack


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A running stack with a model server that counts. A file's tests share it: each leaves it whole."""
    with stack_in_a_folder(**VARIABLES, SECRET_KEY="") as stack:
        stack.begin_prepared()
        stack.start_and_wait()
        with model_server() as model:
            site = Site(stack, model)
            site.prepare()
            yield site
