"""Export conversations as JSON or Markdown, and import JSON."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.requests import WorkbenchRequest
from apps.chat.errors import NotImportable
from apps.chat.models import Conversation
from apps.chat.services.import_conversation import import_conversations
from apps.chat.transfer.export import as_json, as_markdown
from apps.chat.transfer.read import read_conversations
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.sidebar import sidebar_for


@require_GET
@never_cache
def export_json(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Export the whole conversation."""
    conversation = conversation_or_404(request, conversation_id)
    return _download(conversation, as_json(conversation), "json", "application/json")


@require_GET
@never_cache
def export_markdown(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Export the current thread."""
    conversation = conversation_or_404(request, conversation_id)
    return _download(conversation, as_markdown(conversation), "md", "text/markdown; charset=utf-8")


@require_http_methods(["GET", "POST"])
def import_file(request: WorkbenchRequest) -> HttpResponse:
    """Import the conversations of an exported file."""
    if request.method != "POST":
        return _import_page(request)
    upload = request.FILES.get("file")
    if upload is None:
        return _import_page(request, "Choose a file first.", 422)
    size = upload.size or 0
    if size > settings.CHAT_IMPORT_BYTES:
        most = filesizeformat(settings.CHAT_IMPORT_BYTES)
        sentence = f"The file has {filesizeformat(size)}; at most {most} can be imported."
        return _import_page(request, sentence, 413)
    try:
        files = read_conversations(upload.read())
    except NotImportable as error:
        return _import_page(request, error.sentence, error.status)
    imported = import_conversations(owner=request.user, files=files)
    if len(imported) == 1:
        return redirect(imported[0])
    messages.success(request, f"{len(imported):,} conversations were imported.")
    return redirect("chat:home")


def _import_page(request: WorkbenchRequest, sentence: str = "", status: int = 200) -> HttpResponse:
    context = {"sentence": sentence, "sidebar": sidebar_for(request), "most": settings.CHAT_IMPORT_BYTES}
    return render(request, "chat/import.html", context, status=status)


def _download(conversation: Conversation, content: bytes | str, ending: str, content_type: str) -> HttpResponse:
    name = slugify(conversation.title)[:60] or "conversation"
    headers = {"Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
