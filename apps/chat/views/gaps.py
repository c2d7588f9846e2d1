"""Fill the gaps of a page."""

import re
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.requests import WorkbenchRequest
from apps.chat.transcript.paging import beginning_of_gap, end_of_gap
from apps.chat.transcript.render import shown
from apps.chat.views.doors import conversation_or_404

POSITION = re.compile("[0-9]{1,9}")


@require_GET
@never_cache
def gap(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Show the last messages between the position ``after`` and a message; ``from=start`` shows the first.

    The gap depends on the message, not on the current thread, so it fits the page that asks.
    """
    conversation = conversation_or_404(request, conversation_id)
    below = get_object_or_404(conversation.messages.select_related("conversation"), pk=message_id)
    if not request.htmx:
        return redirect("chat:message", conversation_id, message_id)
    after = request.GET.get("after", "")
    fill = beginning_of_gap if request.GET.get("from") == "start" else end_of_gap
    items = fill(below, int(after) if POSITION.fullmatch(after) else 0)
    return render(request, "chat/_transcript.html", {"items": shown(items)})
