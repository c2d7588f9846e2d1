"""App configuration."""

import os
import signal
from typing import Any

from celery.signals import beat_embedded_init
from django.apps import AppConfig

from apps.embedded.tether import die_with_parent


class EmbeddedConfig(AppConfig):
    name = "apps.embedded"

    def ready(self) -> None:
        beat_embedded_init.connect(tie_beat_to_its_worker)


def tie_beat_to_its_worker(**_kwargs: Any) -> None:
    """A worker that is killed must not leave its beat behind: the next one brings its own."""
    die_with_parent(os.getppid(), signal.SIGKILL)
