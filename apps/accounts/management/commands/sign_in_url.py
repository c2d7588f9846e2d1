"""``sign_in_url USERNAME``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountError
from apps.accounts.services import sign_in_url


class Command(BaseCommand):
    help = "Print a link that signs a user in once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(sign_in_url(username=options["username"]))
        except AccountError as error:
            raise CommandError(error.sentence) from None
