"""``add_endpoint NAME URL --protocol … --variant …``."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.endpoints.errors import EndpointError
from apps.endpoints.services import add_endpoint


class Command(BaseCommand):
    help = "Add a model server, or bring the one of that name up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("url", help="root of the server, such as http://gpu-1:8080")
        parser.add_argument("--protocol", required=True, metavar="tgi|openai")
        parser.add_argument("--variant", required=True, metavar="base|python|instruct")
        parser.add_argument("--size", default="", metavar="7B|13B|34B|70B")
        parser.add_argument("--model", default="", metavar="ID", help="model to ask for, where the server wants a name")
        parser.add_argument("--token-env", metavar="VAR", help="environment variable that holds the server's token")
        parser.add_argument("--max-concurrency", default="4", metavar="N", help="generations at once (default 4)")
        parser.add_argument("--priority", default="0", metavar="N", help="higher is asked first (default 0)")
        users = parser.add_mutually_exclusive_group()
        users.add_argument(
            "--group",
            action="append",
            dest="groups",
            metavar="NAME",
            help="only for this group and admins; repeat it for several groups (default: as it was, a new one for all)",
        )
        users.add_argument("--everybody", action="store_const", dest="groups", const=[], help="for all groups again")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            endpoint = add_endpoint(
                name=options["name"],
                url=options["url"],
                protocol=options["protocol"],
                variant=options["variant"],
                size=options["size"],
                model_id=options["model"],
                token=_read_token(options["token_env"]),
                max_concurrency=_whole_number(options["max_concurrency"], "--max-concurrency"),
                priority=_whole_number(options["priority"], "--priority"),
                groups=options["groups"],
            )
        except EndpointError as error:
            raise CommandError(error.sentence) from None
        self.stdout.write(f"Endpoint {endpoint.name} is at {endpoint.url}.")


def _read_token(variable: str | None) -> str | None:
    """Read the token from a variable: every process of the host can read a command line."""
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    if not token:
        raise CommandError("The environment variable named by --token-env is not set or empty.")
    return token


def _whole_number(text: str, option: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise CommandError(f"{option} must be a whole number, not {text!r}.") from None
