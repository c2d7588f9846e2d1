"""Sessions of people, without their signing in."""

from django.conf import settings
from django.test import Client

from apps.accounts.models import User


def session_of(person: User) -> str:
    """Return the key of a new session of the person."""
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value
