"""Download one's data, and delete one's account."""

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.errors import LastAdmin
from apps.accounts.export import export_account
from apps.accounts.forms import DeletionForm
from apps.accounts.people import delete_person
from apps.accounts.requests import WorkbenchRequest


@never_cache
@require_GET
def export(request: WorkbenchRequest) -> HttpResponse:
    """Send all of the person's data as a ZIP file."""
    name = f"workbench-{request.user.username}-{timezone.localdate():%Y-%m-%d}.zip"
    headers = {"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"}
    return HttpResponse(export_account(request.user), content_type="application/zip", headers=headers)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete_account(request: WorkbenchRequest) -> HttpResponse:
    """Have the person confirm who they are and type their name, then delete everything."""
    raise_if_reauthentication_required(request, app="apps.accounts")
    user = request.user
    form = DeletionForm(request.POST or None, expected=user.username)
    if form.is_bound and form.is_valid():
        try:
            delete_person(person=user)
        except LastAdmin as error:
            form.add_error(None, error.sentence)
        else:
            logout(request)
            messages.success(request, "Your account and everything in it was deleted.")
            return redirect(settings.LOGOUT_REDIRECT_URL)
    return render(request, "accounts/delete.html", {"form": form}, status=422 if form.errors else 200)
