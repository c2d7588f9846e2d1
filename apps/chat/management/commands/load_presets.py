"""``manage.py load_presets``: bring the presets that come with the project in line with their file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.chat.services.presets import load_presets
from apps.guide.errors import ContentError


class Command(BaseCommand):
    """Loads the presets; safe to run at every start."""

    help = "Load the presets that come with the project. What was edited in the admin is kept."

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            report = load_presets()
        except ContentError as error:
            raise CommandError(f"Presets not loaded. {error}") from None
        self.stdout.write(f"Presets: {report.created} created, {report.updated} updated, {report.removed} removed.")
        for name in report.kept:
            self.stdout.write(f"Kept as edited in the admin: {name}")
