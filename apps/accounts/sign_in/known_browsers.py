"""Browsers that have signed a person in before: guesses made elsewhere cannot lock them out."""

import secrets
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.accounts.sign_in.attempts import digest_of_name

COOKIE = "known_browser"
SALT = "accounts.known_browser"
KEPT = timedelta(days=365)


def known_browser(request: HttpRequest, username: str) -> str:
    """Return the browser's id if it has signed ``username`` in before, else ""."""
    stored = request.get_signed_cookie(COOKIE, default="", salt=SALT, max_age=KEPT)
    name, _, browser = str(stored).partition(":")
    return browser if name == digest_of_name(username) else ""


def remember_browser(response: HttpResponse, *, username: str) -> None:
    """Mark the browser as known for ``username``. The cookie itself signs nobody in."""
    response.set_signed_cookie(
        COOKIE,
        f"{digest_of_name(username)}:{secrets.token_hex(16)}",
        salt=SALT,
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
