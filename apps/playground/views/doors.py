"""Find what the address names, or raise ``Http404``. Other people's runs are not found."""

from uuid import UUID

from django.http import Http404

from apps.accounts.requests import WorkbenchRequest
from apps.playground.models import Output, Run
from apps.playground.selectors import find_run


def run_or_404(request: WorkbenchRequest, run_id: UUID) -> Run:
    run = find_run(request.user, run_id)
    if run is None:
        raise Http404
    return run


def output_or_404(run: Run, generation_id: UUID | None) -> Output:
    """Return the output of that generation; without an id, the run's first."""
    for output in run.outputs.all():
        if generation_id in (None, output.generation_id):
            return output
    raise Http404
