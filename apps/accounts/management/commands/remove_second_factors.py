"""``remove_second_factors USERNAME``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.errors import UserNotFound
from apps.accounts.models import User
from apps.accounts.people import remove_second_factors


class Command(BaseCommand):
    help = "Remove passkeys, authenticator app and recovery codes of somebody who lost them."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"]
        person = User.objects.filter(username=username).first()
        if person is None:
            raise CommandError(UserNotFound(username).sentence)
        count = remove_second_factors(person=person)
        self.stdout.write(f"Removed {count}.")
