"""``restore FILE``."""

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.models import Action
from apps.audit.services import record
from apps.embedded.at_hand import database_at_hand
from apps.embedded.engines.dumps import DumpError, restore_dump
from apps.embedded.errors import StartError
from apps.endpoints.errors import TokenUnreadable
from apps.endpoints.models import Endpoint


class Command(BaseCommand):
    help = "Replace everything in the database by a backup. Stop the workbench first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        if not options["yes"]:
            _ask()
        try:
            with database_at_hand():
                restore_dump(file)
                # A backup of an earlier version lacks the latest migrations.
                call_command("migrate", interactive=False, verbosity=0)
                record(Action.RESTORED, details=file.name)
                unreadable = _endpoints_with_unreadable_tokens()
        except (DumpError, StartError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write("The backup is restored.")
        if unreadable:
            self.stderr.write(
                f"This SECRET_KEY does not open the tokens of: {', '.join(unreadable)}. "
                "Set the key of the time of the backup, or store the tokens again."
            )


def _ask() -> None:
    try:
        answer = input("This replaces everything in the database. Type yes: ")
    except EOFError:  # in a script, or a container without a terminal
        raise CommandError("Nothing was changed: nobody is there to ask. Add --yes.") from None
    if answer.strip() != "yes":
        raise CommandError("Nothing was changed.")


def _endpoints_with_unreadable_tokens() -> list[str]:
    names = []
    for endpoint in Endpoint.objects.exclude(sealed_token="").order_by("name"):
        try:
            _ = endpoint.token
        except TokenUnreadable:
            names.append(endpoint.name)
    return names
