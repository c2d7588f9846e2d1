"""``reseal_tokens``: run after a change of SECRET_KEY, with the old key in SECRET_KEY_FALLBACKS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.sign_in.second_factors import reseal_second_factors
from apps.endpoints.services import reseal_tokens


class Command(BaseCommand):
    help = (
        "Encrypt endpoints' tokens and second factors with the present SECRET_KEY, so that the old one can be dropped."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        resealed, unreadable = reseal_tokens()
        factors, locked = reseal_second_factors()
        self.stdout.write(f"Tokens encrypted with the present key: {resealed}.")
        self.stdout.write(f"Second factors encrypted with the present key: {factors}.")
        if unreadable:
            raise CommandError(f"No key opens the token of: {', '.join(unreadable)}. Store it again.")
        if locked:
            raise CommandError(f"No key opens the second factor of: {', '.join(locked)}. Remove it.")
