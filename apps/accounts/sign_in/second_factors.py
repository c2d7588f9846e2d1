"""The stored secrets of second factors: encrypt them anew after a change of ``SECRET_KEY``."""

from allauth.mfa.models import Authenticator
from cryptography.fernet import InvalidToken
from django.db import transaction

from apps.accounts.sign_in.sealing import reseal

SEALED = ("secret", "seed")  # the fields with the secrets of authenticator apps and of recovery codes


def reseal_second_factors() -> tuple[int, list[str]]:
    """Encrypt every secret with the newest key. Return how many, and the names of people whose secret no key opens."""
    done, unreadable = 0, []
    types = [Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]
    for pk in list(Authenticator.objects.filter(type__in=types).values_list("pk", flat=True)):
        with transaction.atomic():  # lock the row: a recovery code used meanwhile must stay used
            factor = Authenticator.objects.select_for_update().select_related("user").filter(pk=pk).first()
            if factor is None:
                continue
            try:
                factor.data |= {name: reseal(factor.data[name]) for name in SEALED if name in factor.data}
            except InvalidToken:
                unreadable.append(factor.user.get_username())
                continue
            factor.save(update_fields=["data"])
            done += 1
    return done, sorted(set(unreadable))
