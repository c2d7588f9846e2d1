"""Find the run or output of an address, or raise ``Http404``, also for other people's runs."""

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
    """Return the output of a generation; without an id, the run's first output."""
    for output in run.outputs.all():
        if generation_id in (None, output.generation_id):
            return output
    raise Http404
