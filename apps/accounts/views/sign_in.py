"""Sign in by password, and sign out."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts.addresses import address_of
from apps.accounts.errors import TooManyAttempts
from apps.accounts.sign_in.attempts import count_attempt, forget_attempts
from apps.accounts.sign_in.finish import finish_sign_in
from apps.accounts.sign_in.known_browsers import known_browser, remember_browser


class SignIn(LoginView):
    """The password sign-in, with limited attempts."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    @method_decorator(sensitive_post_parameters())
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        username = request.POST.get("username", "")
        try:
            count_attempt(username=username, address=address_of(request), browser=known_browser(request, username))
        except TooManyAttempts as refusal:
            return self._refused(refusal, username)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        username = form.cleaned_data["username"]
        browser = known_browser(self.request, username)
        forget_attempts(username=username, address=address_of(self.request), browser=browser)
        wanted = self.request.POST.get(self.redirect_field_name, "")
        response = finish_sign_in(self.request, form.get_user(), method="password", next_page=wanted)
        remember_browser(response, username=username)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(provider=settings.OIDC_NAME if settings.OIDC_ISSUER else "", **kwargs)

    def _refused(self, refusal: TooManyAttempts, username: str) -> HttpResponse:
        # an unbound form: a bound one would check the password
        form = AuthenticationForm(self.request, initial={"username": username})
        context = self.get_context_data(form=form, refusal=refusal.sentence)
        response = render(self.request, self.template_name, context, status=429)
        response["Retry-After"] = str(refusal.seconds)
        return response


sign_in = login_not_required(SignIn.as_view())
sign_out = login_not_required(LogoutView.as_view())
