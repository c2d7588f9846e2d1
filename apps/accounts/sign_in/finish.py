"""Finish a sign-in after the password or link was checked."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts.models import User


def finish_sign_in(request: HttpRequest, user: User, *, method: str, next_page: str) -> HttpResponse:
    """Ask for the second factor if the person has one, else sign in and go on to ``next_page``."""
    # Counts as a confirmation: the person need not confirm their identity again for some minutes.
    record_authentication(request, user, method=method, reauthenticated=True)
    response: HttpResponse = perform_login(request, Login(user=user, redirect_url=_safe(request, next_page)))
    return response


def _safe(request: HttpRequest, wanted: str) -> str:
    """Return ``wanted`` if it is a page of this site, else the chat."""
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else settings.LOGIN_REDIRECT_URL
