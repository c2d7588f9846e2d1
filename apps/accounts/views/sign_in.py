"""Sign in by one-time link or by password, and sign out."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.accounts.attempts import count_attempt, forget_attempts
from apps.accounts.errors import TooManyAttempts
from apps.accounts.services import redeem_sign_in_token


class SignIn(LoginView):
    """The password sign-in, with limited attempts."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    @method_decorator(sensitive_post_parameters())
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        username = request.POST.get("username", "")
        try:
            count_attempt(username=username, address=_address_of(request))
        except TooManyAttempts as refusal:
            return self._refused(refusal, username)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        forget_attempts(username=form.cleaned_data["username"], address=_address_of(self.request))
        return response

    def _refused(self, refusal: TooManyAttempts, username: str) -> HttpResponse:
        # an unbound form: a bound one would check the password
        form = AuthenticationForm(self.request, initial={"username": username})
        context = self.get_context_data(form=form, refusal=refusal.sentence)
        response = render(self.request, self.template_name, context, status=429)
        response["Retry-After"] = str(refusal.seconds)
        return response


sign_in = login_not_required(SignIn.as_view())
sign_out = login_not_required(LogoutView.as_view())


@login_not_required
@never_cache
@require_http_methods(["GET"])
@sensitive_variables("token")
def sign_in_link(request: HttpRequest) -> HttpResponse:
    """Sign in with the token of a one-time link and go on to ``next`` or the chat.

    A GET does it, because people and tools open the printed link and expect to be signed in. HEAD requests and
    prefetching browsers are refused without spending the token.
    """
    token = request.GET.get("token", "")
    if "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", "")):
        return _link_refused(request)
    user = redeem_sign_in_token(token)
    if user is None:
        return _link_refused(request)
    login(request, user, backend="sesame.backends.ModelBackend")
    return _without_referrer(redirect(_next_page(request)))


def _address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))


def _link_refused(request: HttpRequest) -> HttpResponse:
    return _without_referrer(render(request, "accounts/link_refused.html", status=403))


def _without_referrer(response: HttpResponse) -> HttpResponse:
    # The address holds a token: no later request may send it as its referrer.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _next_page(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if safe else settings.LOGIN_REDIRECT_URL
