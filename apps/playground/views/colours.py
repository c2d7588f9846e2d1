"""The colours of the code in a pane."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.playground.colouring import coloured
from apps.playground.forms import ColouringForm

UNPROCESSABLE = 422


@require_POST
def show_colours(request: WorkbenchRequest) -> HttpResponse:
    """Return the HTML of the posted code."""
    form = ColouringForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=UNPROCESSABLE)
    return HttpResponse(coloured(form.text, form.cleaned_data["language"]))
