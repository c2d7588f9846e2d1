"""``create_api_key USERNAME [--name NAME] [--days N]``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.api_keys import create_api_key
from apps.accounts.errors import AccountError

LONGEST_DAYS = 36_500


class Command(BaseCommand):
    help = "Make an API key for a user and print it, alone; it is never shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--days", type=int, default=None, help="how long it works; for ever without this")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] is not None and not 1 <= options["days"] <= LONGEST_DAYS:
            raise CommandError(f"--days must be 1 to {LONGEST_DAYS}.")
        try:
            key = create_api_key(username=options["username"], name=options["name"][:100], days=options["days"])
        except AccountError as error:
            raise CommandError(error.sentence) from None
        self.stdout.write(key)
