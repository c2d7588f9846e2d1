"""Follow a run from its page."""

from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from apps.accounts.requests import WorkbenchRequest
from apps.generation.errors import TooManyConnections
from apps.generation.live_connections import live_connections
from apps.playground.live import RunStream, follow_run
from apps.playground.views.doors import run_or_404
from apps.stores.threads import in_thread

RETRY_AFTER_SECONDS = 60


@require_GET
async def events(request: WorkbenchRequest, run_id: UUID) -> HttpResponseBase:
    """Stream the text that the page lacks; ``?<generation id>=<code points it has>``."""
    run = await in_thread(run_or_404)(request, run_id)
    try:
        await live_connections().check_limit_for(run.owner_id)
    except TooManyConnections as refusal:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(refusal.sentence, status=429, content_type="text/plain", headers=headers)
    offsets = {output.generation_id: _offset(request, output.generation_id) for output in run.outputs.all()}
    return RunStream(follow_run(request, run, offsets))


def _offset(request: WorkbenchRequest, generation_id: UUID) -> int:
    given = request.GET.get(str(generation_id), "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0  # noqa: PLR2004
