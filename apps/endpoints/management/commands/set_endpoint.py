"""``set_endpoint NAME --state …``."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.endpoints.errors import EndpointError
from apps.endpoints.services import set_endpoint_state


class Command(BaseCommand):
    help = "Enable, drain or disable a model server."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--state", required=True, metavar="enabled|draining|disabled")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            endpoint = set_endpoint_state(name=options["name"], state=options["state"])
        except EndpointError as error:
            raise CommandError(error.sentence) from None
        self.stdout.write(f"Endpoint {endpoint.name} is {endpoint.state}.")
