"""A person's own account: sign-in, second factors, sessions, theme."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.models import ApiKey
from apps.accounts.preferences import set_model_titles
from apps.accounts.requests import WorkbenchRequest
from apps.accounts.sessions import browser_name, end_session, end_sessions, sessions_of


@never_cache
@require_http_methods(["GET", "HEAD"])
def account(request: WorkbenchRequest) -> HttpResponse:
    """Show the person's ways to sign in and sessions."""
    user = request.user
    factors = Authenticator.objects.filter(user=user).order_by("created_at")
    context = {
        "passkeys": [factor for factor in factors if factor.type == Authenticator.Type.WEBAUTHN],
        "app": next((factor for factor in factors if factor.type == Authenticator.Type.TOTP), None),
        "codes": next((factor for factor in factors if factor.type == Authenticator.Type.RECOVERY_CODES), None),
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "connected": SocialAccount.objects.filter(user=user).exists(),
        "sessions": [(session, browser_name(session.user_agent)) for session in sessions_of(user)],
        "current": request.session.session_key,
        "keys": ApiKey.objects.visible_to(user).usable().count(),
        "site_has_model_titles": settings.CHAT_MODEL_TITLES,
    }
    return render(request, "accounts/account.html", context)


@require_http_methods(["POST"])
def switch_model_titles(request: WorkbenchRequest) -> HttpResponse:
    """Let the model title the person's conversations; ``off`` stops that."""
    set_model_titles(person=request.user, on="off" not in request.POST)
    return redirect("accounts:account")


@require_http_methods(["POST"])
def end_one_session(request: WorkbenchRequest, session_id: int) -> HttpResponse:
    """Sign one of the person's browsers out. Another person's session is 404."""
    session = UserSession.objects.filter(user=request.user, pk=session_id).first()
    if session is None:
        raise Http404
    end_session(session)
    return redirect("accounts:account")


@require_http_methods(["GET", "HEAD", "POST"])
def end_other_sessions(request: WorkbenchRequest) -> HttpResponse:
    """Sign the person out in all other browsers."""
    if request.method != "POST":  # a redirect after confirming the identity arrives as GET
        return redirect("accounts:account")
    ended = end_sessions(user=request.user, but=request.session.session_key or "")
    messages.success(request, "Signed out everywhere else." if ended else "You are signed in here only.")
    return redirect("accounts:account")
