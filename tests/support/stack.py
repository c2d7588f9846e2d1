"""Pytest plugin: points the settings at a temporary stack before Django loads them, and owns that stack.

Named by ``-p`` in pyproject.toml, because pytest-django reads the settings before any conftest is imported.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.embedded.layout import Layout
from tests.support.prepared import copy_database
from tests.support.services import Services

DATA_DIR = Path(tempfile.mkdtemp(prefix="workbench-tests-"))
ENVIRONMENT = {
    "DATA_DIR": str(DATA_DIR),
    "SECRET_KEY": "only-for-tests-0123456789-0123456789-0123456789-abcdef",
    "DEBUG": "false",
    "PORT": "8000",
    "LOG_FORMAT": "text",
    # A server that is down, or broke something off, is tried again soon.
    "ENDPOINT_RETRY_SECONDS": "0.2",
    "GENERATION_PAUSE_SECONDS": "0.1",
}
# With these from the developer's shell, tests would reach the developer's own data.
REMOVED = ("DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "STATIC_ROOT")

os.environ.update(ENVIRONMENT)
for name in REMOVED:
    os.environ.pop(name, None)
# Without compiled files, each process would compile all tests and programs anew: half a minute of processor time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

_services = Services(Layout(DATA_DIR))


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Postgres and Valkey, running."""
    copy_database(_services.layout)
    _services.start()
    yield _services
    _services.stop()


def pytest_unconfigure() -> None:
    # Also after Ctrl-C, and when starting failed half-way.
    _services.stop()
    shutil.rmtree(DATA_DIR, ignore_errors=True)
