"""The people of the workbench, for staff: invite, switch off and on, put into groups, make admins, help to sign in."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from apps.accounts import people
from apps.accounts.access import managed_person, staff_only
from apps.accounts.errors import AccountError
from apps.accounts.forms import GroupsForm, InvitationForm
from apps.accounts.invitations import invite, withdraw_invitation
from apps.accounts.models import Invitation, User
from apps.accounts.requests import WorkbenchRequest
from apps.accounts.services import sign_in_url

DONE: dict[str, tuple[Callable[..., object], str]] = {
    "switch-off": (people.switch_off, "switched off"),
    "switch-on": (people.switch_on, "switched on"),
    "make-admin": (people.make_admin, "an admin now"),
    "unmake-admin": (people.unmake_admin, "no longer an admin"),
    "remove-factors": (people.remove_second_factors, "asked for no second factor now"),
}
FOR_ADMINS = {"make-admin", "unmake-admin", "remove-factors"}


@never_cache
@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("link")
def list_people(request: WorkbenchRequest) -> HttpResponse:
    """List people and open invitations, and invite. Only the answer to the form shows the link."""
    by = request.user
    form = InvitationForm(request.POST or None, may_make_admins=by.is_superuser)
    link = note = ""
    if form.is_bound and form.is_valid():
        note = form.cleaned_data["note"]
        wanted = form.cleaned_data
        link = invite(by=by, note=note, for_admin=wanted.get("for_admin", False), days=wanted["days"])
        form = InvitationForm(may_make_admins=by.is_superuser)
    context = {
        "form": form,
        "link": link,
        "link_title": f"Invitation for {note}",
        "people": [
            (person, by.may_manage(person)) for person in User.objects.order_by("username").prefetch_related("groups")
        ],
        "invitations": Invitation.objects.open().select_related("made_by").order_by("-made_at"),
    }
    return render(request, "accounts/people.html", context, status=422 if form.errors else 200)


@never_cache
@staff_only
@require_http_methods(["GET", "HEAD"])
def show_person(request: WorkbenchRequest, person_id: int) -> HttpResponse:
    """Show a person with all changes that the reader may make."""
    return render(request, "accounts/person.html", _about(managed_person(request, person_id)))


@never_cache
@staff_only
@require_http_methods(["POST"])
def change_groups(request: WorkbenchRequest, person_id: int) -> HttpResponse:
    """Put the person into the chosen groups. Admins only: Django's groups can hold rights too."""
    person = managed_person(request, person_id)
    if not request.user.is_superuser:
        raise Http404
    form = GroupsForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/person.html", {"person": person, "groups_form": form}, status=422)
    people.set_groups(person=person, groups=form.cleaned_data["groups"])
    messages.success(request, f"The groups of {person.username} were saved.")
    return redirect("accounts:person", person.pk)


def _about(person: User) -> dict[str, Any]:
    return {"person": person, "groups_form": GroupsForm(initial={"groups": person.groups.all()})}


@never_cache
@staff_only
@require_http_methods(["POST"])
def change_person(request: WorkbenchRequest, person_id: int, action: str) -> HttpResponse:
    """Make one of the changes in ``DONE`` to the person, and show a message."""
    person = managed_person(request, person_id)
    if action not in DONE or (action in FOR_ADMINS and not request.user.is_superuser):
        raise Http404
    change, done = DONE[action]
    try:
        change(person=person)
        messages.success(request, f"{person.username} is {done}.")
    except AccountError as error:
        messages.error(request, error.sentence)
    if person == request.user:
        return redirect("accounts:account")
    return redirect("accounts:person", person.pk)


@never_cache
@staff_only
@require_http_methods(["POST"])
@sensitive_variables("link")
def make_link(request: WorkbenchRequest, person_id: int) -> HttpResponse:
    """Show a new sign-in link of a person. Admins only: whoever has the link signs in as that person."""
    person = managed_person(request, person_id)
    if not request.user.is_superuser:
        raise Http404
    try:
        link = sign_in_url(username=person.username)
    except AccountError as error:
        messages.error(request, error.sentence)
        return redirect("accounts:person", person.pk)
    return render(request, "accounts/person.html", {**_about(person), "link": link})


@staff_only
@require_http_methods(["POST"])
def withdraw(request: WorkbenchRequest, invitation_id: int) -> HttpResponse:
    """Withdraw an unused invitation."""
    if not withdraw_invitation(invitation_id=invitation_id):
        raise Http404
    messages.success(request, "The invitation was withdrawn.")
    return redirect("accounts:people")
