"""A person's own API keys: list, make and show once, revoke."""

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.accounts.errors import AccountError
from apps.accounts.forms import KeyForm
from apps.accounts.keys.api_keys import issue_api_key, revoke_api_key
from apps.accounts.keys.examples import examples_for, key_for_examples
from apps.accounts.models import ApiKey
from apps.accounts.requests import WorkbenchRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("new_key")
def keys(request: WorkbenchRequest) -> HttpResponse:
    """List the keys, and make one. Only the response to the form shows the new key."""
    user = request.user
    form = KeyForm(request.POST if request.method == "POST" else None)
    new_key = ""
    if form.is_bound and form.is_valid():
        try:
            new_key = issue_api_key(owner=user, name=form.cleaned_data["name"], days=form.days, limits=form.limits)
            form = KeyForm()
        except AccountError as error:
            form.add_error(None, error.sentence)
    keys = list(ApiKey.objects.visible_to(user).newest_first())
    shown_key = key_for_examples(new_key, next((key for key in keys if key.standing == "works"), None))
    context = {
        "form": form,
        "new_key": new_key,
        "keys": keys,
        "shown_key": shown_key,
        "examples": examples_for(site=settings.PUBLIC_URL, key=shown_key.text),
        "base_url": f"{settings.PUBLIC_URL}/v1",
    }
    return render(request, "accounts/keys.html", context, status=422 if form.errors else 200)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def revoke_key(request: WorkbenchRequest, key_id: int) -> HttpResponse:
    """Ask for confirmation, then revoke. Another person's key is 404."""
    key = ApiKey.objects.visible_to(request.user).filter(pk=key_id).first()
    if key is None:
        raise Http404
    if request.method != "POST":
        return render(request, "accounts/revoke_key.html", {"key": key})
    revoke_api_key(key_id=key.pk)
    return redirect("accounts:keys")
