"""The page on which readers report an error."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.models import User
from apps.guide.errors import TooManyReports
from apps.guide.model_pages.page import Heading
from apps.guide.navigation import NavigationEntry, all_entries
from apps.guide.reporting.forms import ReportForm
from apps.guide.reporting.report import report_error

HEADING = Heading("Report an error", "Say what is wrong: the administrators of this site read it.", None)
LATER = "So many errors were reported within the last hour that no more can be taken now. Please try again later."


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def show_report(request: HttpRequest) -> HttpResponse:
    """Show the report form for the page in ``?page=``, and store the report."""
    entry = _entry_at(request.GET.get("page", ""))
    form = ReportForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            by = request.user if isinstance(request.user, User) else None
            try:
                report_error(page=entry.url, by=by, **form.cleaned_data)
            except TooManyReports:
                form.add_error(None, LATER)
                status = HTTPStatus.TOO_MANY_REQUESTS
            else:
                return redirect(f"{reverse('guide:report')}?{urlencode({'page': entry.url, 'sent': 1})}")
    context = {"page": HEADING, "sections": (), "sources": ()}
    return render(
        request,
        "guide/report.html",
        {"guide": context, "form": form, "entry": entry, "is_sent": "sent" in request.GET},
        status=status,
    )


def _entry_at(path: str) -> NavigationEntry:
    """Return the page at a path, without its query; the overview if there is none."""
    entries = {entry.url: entry for entry in all_entries()}
    return entries.get(path.partition("?")[0], next(iter(entries.values())))
