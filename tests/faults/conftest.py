"""Starts the whole stack, as ``make run`` does, in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.embedded.ports import free_port
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, model_server


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A stack that has not been started yet."""
    monkeypatch.delenv("SECRET_KEY")
    stack = Stack(tmp_path / "data", free_port())
    yield stack
    stack.end()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A running stack with a model server that counts. A file's tests share it: each leaves it whole."""
    stack = Stack(tmp_path_factory.mktemp("site") / "data", free_port(), {**VARIABLES, "SECRET_KEY": ""})
    try:
        stack.begin_prepared()
        stack.start_and_wait()
        with model_server() as model:
            site = Site(stack, model)
            site.prepare()
            yield site
    finally:
        stack.end()
