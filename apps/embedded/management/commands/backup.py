"""``backup FILE``."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.models import Action
from apps.audit.services import record
from apps.embedded.at_hand import database_at_hand
from apps.embedded.engines.dumps import DumpError, write_dump
from apps.embedded.errors import StartError


class Command(BaseCommand):
    help = "Write the whole database to a file, also while the workbench runs. Keep SECRET_KEY beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if file.exists() and not options["overwrite"]:
            raise CommandError(f"{file} exists. Choose another name, or add --overwrite.")
        if not file.absolute().parent.is_dir():
            raise CommandError(f"There is no folder {file.absolute().parent}.")
        try:
            with database_at_hand():
                write_dump(file)
                record(Action.BACKED_UP, details=f"{file.stat().st_size:,} bytes")
        except (DumpError, StartError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"The database is in {file} ({file.stat().st_size:,} bytes). SECRET_KEY is not: keep it too.")
