"""Pytest plugin: how many processes share the tests, and in which order they take the files.

Each process has a stack of its own. A file runs in one process, since its programs are expensive. Files that kill
things or drive a browser come first: they take longest, and a long one that begins last is waited for.
"""

import gc
import os
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
SLOW = ("faults", "browser")


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Use no processes if only some files are given; else one more than there are cores, since many tests wait."""
    named = [argument for argument in config.args if ".py" in argument]
    return 0 if named else (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.path))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Keep modules and tests out of garbage collection: to look through them took a tenth of the tests' CPU time."""
    gc.collect()
    gc.freeze()


def _place(path: Path) -> int:
    folder = path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""
    return SLOW.index(folder) if folder in SLOW else len(SLOW)
