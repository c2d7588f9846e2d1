"""``prepare``: the child of ``start`` that loads Django's applications, so that ``start`` need not."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError

from apps.embedded.provisioning import collect_static, fill_database


class Command(BaseCommand):
    help = "Collect the static files and, after a line on standard input, fill the database; prints a sign-in link."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--model-url", required=True, help="address of the local model server")
        parser.add_argument("--model-name", required=True, help="name of its model")

    def handle(self, *args: Any, **options: Any) -> None:
        collect_static(settings.LAYOUT)
        if not sys.stdin.readline():
            return  # the supervisor is gone
        try:
            link = fill_database(model_url=options["model_url"], model_name=options["model_name"])
        except (DatabaseError, CommandError) as error:
            self.stdout.write(str(error))
            sys.exit(1)
        self.stdout.write(link or "")
