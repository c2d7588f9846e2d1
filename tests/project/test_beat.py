"""Beat sends tasks by their names, and loads neither them nor Django's applications."""

import subprocess
import sys

import pytest

from project.beat import make_beat_app
from project.celery import app

LOADED = """
import sys
from django.apps import apps
from {module} import {name}
{name}{call}.Beat(quiet=True).init_loader()
print(apps.ready, "apps.generation.tasks" in sys.modules)
"""


@pytest.mark.parametrize(
    ("module", "name", "call", "loaded"),
    [("project.beat", "make_beat_app", "()", "False False"), ("project.celery", "app", "", "True True")],
)
def test_beat_loads_nothing(module: str, name: str, call: str, loaded: str) -> None:
    code = LOADED.format(module=module, name=name, call=call)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == loaded


def test_every_task_that_is_sent_exists() -> None:
    app.loader.import_default_modules()
    sent = {entry["task"] for entry in make_beat_app().conf.beat_schedule.values()}
    assert "generation.reap" in sent
    assert sent <= set(app.tasks)
