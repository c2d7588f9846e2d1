"""``create_api_key USERNAME [--name NAME] [--days N] [--scope SCOPE …] [--model MODEL …] [limits]``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountError
from apps.accounts.keys.api_keys import KeyLimits, create_api_key
from apps.accounts.models import Scope

LONGEST_DAYS = 36_500
LIMITS = {
    "generations_at_once": "most generations that wait or run",
    "requests_per_minute": "most requests for a reply",
    "tokens_per_day": "most tokens read and written, by days of UTC",
}


class Command(BaseCommand):
    help = "Make an API key for a user and print it, alone; it is never shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="what it is for")
        parser.add_argument("--days", type=int, default=None, help="how long it works; for ever without this")

        parser.add_argument("--scope", action="append", choices=Scope.values, help="may be given several times")
        parser.add_argument("--model", action="append", help="a name of /v1/models; may be given several times")
        for name, help_text in LIMITS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=None, help=help_text)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] is not None and not 1 <= options["days"] <= LONGEST_DAYS:
            raise CommandError(f"--days must be 1 to {LONGEST_DAYS}.")
        if any(options[limit] is not None and options[limit] < 1 for limit in LIMITS):
            raise CommandError("Limits must be at least 1.")
        limits = KeyLimits(
            scopes=options["scope"] or (),
            model_names=options["model"] or (),
            **{limit: options[limit] for limit in LIMITS},
        )
        try:
            key = create_api_key(
                username=options["username"], name=options["name"][:100], days=options["days"], limits=limits
            )
        except AccountError as error:
            raise CommandError(error.sentence) from None
        self.stdout.write(key)
