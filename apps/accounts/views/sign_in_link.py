"""Sign in by one-time link: fetching the link shows a button, and only the button uses it up."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.accounts.services import person_of_link, redeem_sign_in_token
from apps.accounts.sign_in.finish import finish_sign_in


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token")
@sensitive_variables("token")
def sign_in_link(request: HttpRequest) -> HttpResponse:
    """Ask for one click, then sign in and go on to ``next`` or the chat.

    Chat programs and mail filters fetch the addresses that people send: a GET must not use the link up.
    """
    if request.method == "POST":
        return _sign_in(request, request.POST.get("token", ""))
    token = request.GET.get("token", "")
    person = person_of_link(token)
    if person is None:
        return _link_refused(request)
    context = {"person": person, "token": token, "next": request.GET.get("next", "")}
    return _without_address(render(request, "accounts/sign_in_link.html", context))


@sensitive_variables("token")
def _sign_in(request: HttpRequest, token: str) -> HttpResponse:
    user = redeem_sign_in_token(token)
    if user is None:
        return _link_refused(request)
    return finish_sign_in(request, user, method="link", next_page=request.POST.get("next", ""))


def _link_refused(request: HttpRequest) -> HttpResponse:
    return _without_address(render(request, "accounts/link_refused.html", status=403))


def _without_address(response: HttpResponse) -> HttpResponse:
    # The address holds a token that no referrer may carry. "no-referrer" would make the form's Origin header "null",
    # which the CSRF check refuses.
    response["Referrer-Policy"] = "strict-origin"
    return response
