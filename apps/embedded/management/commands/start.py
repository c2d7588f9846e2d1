"""``start``: what ``make run`` calls."""

import os
import sys
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from apps.embedded.errors import StartError
from apps.embedded.stack import run_stack
from project.configuration.env import read_int, read_text


class Command(BaseCommand):
    help = "Run the whole stack on this machine until Ctrl-C."
    # The checks that need a database run with the migrations, once there is one.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            address = read_text("LISTEN_ADDRESS", "127.0.0.1")
            run_stack(settings.LAYOUT, address, read_int("PORT", 8000), self._say)
        except StartError as error:
            self.stderr.write(str(error))
            self._leave(1)
        self._leave(0)

    def _say(self, line: str) -> None:
        self.stdout.write(f"{time.strftime('%H:%M:%S')} {line}")
        self.stdout.flush()

    def _leave(self, code: int) -> None:
        """Exit at once: a thread that still waits for a dead server must not hold the exit."""
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
