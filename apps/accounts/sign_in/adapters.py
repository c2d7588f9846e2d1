"""Adapters that django-allauth calls; docs/decisions/0029-people.md gives the reasons."""

from typing import Any, override

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect, render
from requests import RequestException

from apps.accounts.addresses import address_of
from apps.accounts.models import User
from apps.accounts.sign_in.provider import ProviderBroken
from apps.accounts.sign_in.sealing import seal, unseal

logger = structlog.get_logger(__name__)

CONFIRM_WITH = {
    "reauthenticate": "Use your password",
    "mfa_reauthenticate:webauthn": "Use a passkey",
    "mfa_reauthenticate": "Use a code",
}
UNSAID = {"account/messages/logged_in.txt", "account/messages/logged_out.txt"}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped
    """Nobody can sign up: only invitations and commands make accounts."""

    @override
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    @override
    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    @override
    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return false for people who sign in by links alone: they have no password or factor to show."""
        required = bool(super().is_reauthentication_required(app=app, **kwargs))
        return required and bool(get_reauthentication_flows(context.request.user))

    @override
    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """Return the ways to confirm one's identity. The code is last: its recovery codes exist with passkeys too."""
        methods: list[dict[str, str]] = super().get_reauthentication_methods(user)
        return [
            {**method, "description": CONFIRM_WITH[method["id"]]}
            for method in sorted(methods, key=lambda method: list(CONFIRM_WITH).index(method["id"]))
        ]

    @override
    def add_message(
        self, request: HttpRequest, level: int, message_template: str | None = None, *args: Any, **kwargs: Any
    ) -> None:
        if message_template not in UNSAID:
            super().add_message(request, level, message_template, *args, **kwargs)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped
    """Keep the secrets of authenticator apps and recovery codes encrypted."""

    @override
    def encrypt(self, text: str) -> str:
        return seal(text)

    @override
    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    @override
    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # untyped
    """Connect an OpenID Connect provider's accounts to existing people; a setting lets them make new people."""

    @override
    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        if not settings.OIDC_SIGN_UP:
            context = {"provider": settings.OIDC_NAME}
            raise ImmediateHttpResponse(render(request, "account/signup_closed.html", context, status=403))
        return True

    @override
    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Log the reason. Answer 503 if the provider is away or its answer is invalid."""
        if exception is None:
            return
        logger.warning("openid_connect_failed", reason=str(exception))
        if isinstance(exception, ProviderBroken | RequestException):
            context = {"provider": provider.name}
            page = render(request, "socialaccount/provider_away.html", context, status=503)
            page["Retry-After"] = "60"
            raise ImmediateHttpResponse(page)

    @override
    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        """Store the new person with the provider's account, or neither. Of two that race, the second must sign in."""
        try:
            with transaction.atomic():
                return super().save_user(request, sociallogin, form)
        except IntegrityError:
            raise ImmediateHttpResponse(redirect(settings.LOGIN_URL)) from None
