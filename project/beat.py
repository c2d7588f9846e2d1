"""Celery's beat: sends the periodic tasks by their names. A stack runs exactly one.

    python -m project.beat --schedule FILE

It loads no task and none of Django's applications: they would take 50 MB that it never uses.
"""

import argparse
import logging.config
from collections.abc import Sequence

from celery import Celery
from celery.loaders.app import AppLoader
from django.conf import settings


class NothingToLoad(AppLoader):
    """A loader without task modules, which would load Django's applications."""

    def import_default_modules(self) -> list[object]:
        return []


def make_beat_app() -> Celery:
    """Return an application that knows the schedule and no task."""
    app = Celery("beat", loader=f"{NothingToLoad.__module__}:{NothingToLoad.__qualname__}", fixups=[])
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app


def main(arguments: Sequence[str] | None = None) -> None:
    """Send tasks until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="Send the periodic tasks by their names.")
    parser.add_argument("--schedule", default="celerybeat-schedule", help="the file that keeps when each was last sent")
    given = parser.parse_args(arguments)
    logging.config.dictConfig(settings.LOGGING)
    make_beat_app().Beat(schedule=given.schedule, quiet=True, redirect_stdouts=False).run()


if __name__ == "__main__":
    main()
