"""``reseal_tokens``: run after a change of SECRET_KEY, with the old key in SECRET_KEY_FALLBACKS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.endpoints.services import reseal_tokens


class Command(BaseCommand):
    help = "Encrypt every endpoint's token with the present SECRET_KEY, so that the old one can be dropped."

    def handle(self, *args: Any, **options: Any) -> None:
        resealed, unreadable = reseal_tokens()
        self.stdout.write(f"Tokens encrypted with the present key: {resealed}.")
        if unreadable:
            raise CommandError(f"No key opens the token of: {', '.join(unreadable)}. Store it again.")
