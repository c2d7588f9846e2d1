"""Django's password hashing, with one round to be fast."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    """Programs that tests start hash such a password anew when its owner signs in."""

    iterations = 1
