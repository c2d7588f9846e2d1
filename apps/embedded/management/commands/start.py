"""``start``: what ``make run`` calls. ``manage.py`` runs it without Django's applications."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.embedded.start import run_until_the_end


class Command(BaseCommand):
    help = "Run the whole stack on this machine until Ctrl-C."
    # The checks that need a database run with the migrations, once there is one.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        run_until_the_end()
