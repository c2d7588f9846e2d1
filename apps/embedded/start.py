"""Run the stack until Ctrl-C. Django's settings are read, but none of its applications are loaded."""

import os
import sys
import time
from typing import NoReturn

from django.conf import settings

from apps.embedded.errors import StartError
from apps.embedded.stack import run_stack
from project.configuration.env import read_int, read_text


def run_until_the_end() -> NoReturn:
    """Run the stack and exit with 0; if it cannot start, print the reason and exit with 1."""
    try:
        run_stack(settings.LAYOUT, read_text("LISTEN_ADDRESS", "127.0.0.1"), read_int("PORT", 8000), _say)
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        _leave(1)
    _leave(0)


def _say(line: str) -> None:
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stdout.flush()


def _leave(code: int) -> NoReturn:
    """Exit at once: a thread that still waits for a dead server must not hold the exit."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
