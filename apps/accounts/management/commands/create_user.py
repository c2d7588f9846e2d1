"""``create_user USERNAME [--staff]``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import AccountError
from apps.accounts.services import create_user


class Command(BaseCommand):
    help = "Make a user who signs in by one-time link; does nothing when the user exists."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--staff", action="store_true", help="also let the user into the admin, with every right")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user, is_new = create_user(username=options["username"], staff=options["staff"])
        except AccountError as error:
            raise CommandError(error.sentence) from None
        self.stdout.write(f"Created user {user}." if is_new else f"User {user} exists.")
