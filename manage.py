#!/usr/bin/env python
"""Django's command line."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    try:
        if sys.argv[1:] == ["start"]:
            from apps.embedded.start import run_until_the_end  # noqa: PLC0415 (containers lack what it imports)

            run_until_the_end()
        # One command needs one connection; a pool would keep trying while nothing answers.
        os.environ.setdefault("DATABASE_POOL_SIZE", "0")
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        reason = str(error).partition("\n")[0].rstrip(".")  # libpq's other lines are advice that may not apply
        sys.exit(f"The database does not answer: {reason}. Start the stack with make run, or check DATABASE_URL.")


if __name__ == "__main__":
    main()
