"""Accept an invitation: choose a user name and a password."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.accounts.errors import InvitationInvalid, UsernameTaken
from apps.accounts.forms import JoinForm
from apps.accounts.invitations import accept_invitation, find_invitation
from apps.accounts.sign_in.finish import finish_sign_in


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_post_parameters("token", "password1", "password2")
@sensitive_variables("token")
def join(request: HttpRequest) -> HttpResponse:
    """Show the form behind the link; make the account and sign in. Fetching the link does not use it up."""
    token = request.POST.get("token", "") or request.GET.get("token", "")
    form = JoinForm(request.POST if request.method == "POST" else None)
    try:
        invitation = find_invitation(token)
        if form.is_bound and form.is_valid():
            chosen = form.cleaned_data
            person = accept_invitation(token=token, username=chosen["username"], password=chosen["password1"])
            return finish_sign_in(request, person, method="invitation", next_page="")
    except UsernameTaken as error:
        form.add_error("username", error.sentence)
    except InvitationInvalid as error:
        return _without_address(render(request, "accounts/invitation_refused.html", {"error": error}, status=403))
    context = {"form": form, "token": token, "invitation": invitation}
    return _without_address(render(request, "accounts/join.html", context, status=422 if form.errors else 200))


def _without_address(response: HttpResponse) -> HttpResponse:
    # The address holds the token: see views/sign_in_link.py.
    response["Referrer-Policy"] = "strict-origin"
    return response
