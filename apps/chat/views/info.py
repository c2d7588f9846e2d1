"""The info on a reply, as a page or a dialog."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.requests import WorkbenchRequest
from apps.chat.reply_info import ReplyInfo
from apps.chat.views.doors import reply_or_404
from apps.chat.views.sidebar import sidebar_for


@require_GET
@never_cache
def info(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Show figures, settings and the prompt: a page, or for htmx the body of a dialog."""
    context = {"info": _info_for(request, conversation_id, message_id)}
    if request.htmx:
        return render(request, "chat/_info_dialog.html", context)
    return render(request, "chat/info.html", {**context, "sidebar": sidebar_for(request)})


@require_GET
@never_cache
def request_body(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Download the body of the last request, byte for byte."""
    post = _info_for(request, conversation_id, message_id).post
    if post is None:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="request.json"'}
    return HttpResponse(post.content, content_type="application/json", headers=headers)


def _info_for(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> ReplyInfo:
    message = reply_or_404(request, conversation_id, message_id)
    if message.generation is None:
        raise Http404
    return ReplyInfo(message, message.generation)
