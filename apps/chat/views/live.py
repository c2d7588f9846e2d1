"""Live connections over plain HTTP: server-sent events and polling."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.requests import WorkbenchRequest
from apps.chat.live.cursor import Cursor
from apps.chat.live.polling import catch_up
from apps.chat.live.sse import EventStream, Handover
from apps.chat.live.viewer import Viewer
from apps.chat.views.doors import conversation_or_404
from apps.generation.errors import TooManyConnections
from apps.generation.live_connections import live_connections
from apps.stores.threads import in_thread

RETRY_AFTER_SECONDS = 60


@require_GET
async def events(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponseBase:
    """Stream the frames of the conversation's socket as server-sent events."""
    conversation = await in_thread(conversation_or_404)(request, conversation_id)
    try:
        await live_connections().check_limit_for(conversation.owner_id)
    except TooManyConnections as refusal:
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return HttpResponse(refusal.sentence, status=429, content_type="text/plain", headers=headers)
    handover = Handover()
    viewer = Viewer(conversation, request.session.session_key, handover.send)
    return EventStream(handover.frames(viewer, Cursor.read(request.GET.get("since", ""))))


@require_GET
@never_cache
def changes(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Return the frames that a page with this ``cursor`` is missing."""
    conversation = conversation_or_404(request, conversation_id)
    html, cursor = catch_up(conversation, request.GET.get("cursor", ""))
    return JsonResponse({"html": html, "cursor": cursor})
