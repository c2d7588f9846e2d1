"""``manage.py export_guide``: write the admin's edits back to the content files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.guide.errors import ContentError
from apps.guide.services.export import export_guide
from apps.guide.services.read import CONTENT_FOLDER


class Command(BaseCommand):
    """Exports the guide's edits, so that they can be reviewed and kept under version control."""

    help = "Write rows of the guide that were edited in the admin to the content files. Nothing else in them changes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=CONTENT_FOLDER, help="where the content files are")
        parser.add_argument(
            "--overwrite", action="store_true", help="also write rows that were changed in the files meanwhile"
        )

    def handle(self, *_args: Any, folder: Path, overwrite: bool, **_options: Any) -> None:
        try:
            report = export_guide(folder=folder, overwrite=overwrite)
        except ContentError as error:
            raise CommandError(f"Nothing exported. {error}") from None
        self.stdout.write(f"Guide: {len(report.written)} rows written to {len(report.files)} files.")
        for name in report.files:
            self.stdout.write(f"Changed: {name}")
        for name in report.conflicts:
            self.stderr.write(
                f"Conflict, not written: {name} was edited in the admin and changed in the files. "
                "Undo one of the two, or let --overwrite take the admin's."
            )
