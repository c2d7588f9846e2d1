"""``manage.py load_guide``: bring the guide in the database in line with the content files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.guide.errors import ContentError
from apps.guide.services.load import load_guide
from apps.guide.services.read import CONTENT_FOLDER


class Command(BaseCommand):
    """Loads the guide; safe to run at every start."""

    help = "Load the guide's content files. Rows edited in the admin are kept; a faulty file changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=CONTENT_FOLDER, help="where the content files are")

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        try:
            report = load_guide(folder=folder)
        except ContentError as error:
            raise CommandError(f"Guide not loaded. {error}") from None
        self.stdout.write(
            f"Guide: {report.created} created, {report.updated} updated, "
            f"{report.removed} removed, {report.unchanged} unchanged."
        )
        for name in report.kept:
            self.stdout.write(f"Kept as edited in the admin: {name}")
        for name in report.conflicts:
            self.stderr.write(f"Conflict, not written: {name} was edited in the admin and changed in the files.")
