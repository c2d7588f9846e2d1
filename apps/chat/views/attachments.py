"""Attach text files to a draft, show, download and remove them."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.errors import ChatError
from apps.chat.forms import DraftForm, MessageForm
from apps.chat.models import Attachment, Conversation
from apps.chat.services.messages.attach import attach_file, remove_file
from apps.chat.services.messages.send import sent_before
from apps.chat.uploads import check_size, harmless_name
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.files import highlighted_file, text_download
from apps.chat.views.sidebar import sidebar_for

LONGEST_IN_ADDRESS = 1_500  # characters, of up to 12 bytes once they are quoted: servers take about 16 KB


@require_http_methods(["GET", "POST"])
@never_cache
def attach(request: WorkbenchRequest) -> HttpResponse:
    """Attach the sent files to the draft of ``conversation``, and show the draft."""
    conversation = drafted_in(request)
    sentences = []
    status = 200
    for upload in request.FILES.getlist("files"):
        try:
            _attach(request, conversation, upload)
        except ChatError as error:
            sentences.append(error.sentence)
            status = error.status
    if not request.htmx:
        return redirect(conversation or "chat:home")
    return _draft(request, conversation, sentences, status)


@require_GET
@never_cache
def attachment(request: WorkbenchRequest, attachment_id: UUID) -> HttpResponse:
    """Show a highlighted file: a page, or for htmx the body of a dialog."""
    file = _file_for(request, attachment_id)
    context = {"file": file, "code": highlighted_file(file.name, file.text)}
    if request.htmx:
        return render(request, "chat/_attachment.html", context)
    return render(request, "chat/attachment.html", {**context, "sidebar": sidebar_for(request)})


@require_GET
@never_cache
def download(request: WorkbenchRequest, attachment_id: UUID) -> HttpResponse:
    """Download a file's text."""
    file = _file_for(request, attachment_id)
    return text_download(file.name, file.text)


@require_POST
def remove(request: WorkbenchRequest, attachment_id: UUID) -> HttpResponse:
    """Remove a file from its draft. A sent file stays with its question."""
    file = _file_for(request, attachment_id)
    remove_file(attachment=file)
    if request.htmx:
        return _draft(request, file.conversation)
    # Without htmx the whole form comes here. The text goes back in the address, as far as an address can carry it.
    address = resolve_url(file.conversation or "chat:home")
    draft = request.POST.get("message", "")
    words = f"?{urlencode({'prompt': draft})}" if 0 < len(draft) <= LONGEST_IN_ADDRESS else ""
    return HttpResponseRedirect(address + words)


def files_of(request: WorkbenchRequest, form: MessageForm, conversation: Conversation | None) -> list[UUID]:
    """Return the question's files: those uploaded before, and those in this request.

    Files in this request join the draft, even if the question is refused. Raises what ``attach_file`` raises.
    """
    form.is_valid()
    named: list[UUID] = form.cleaned_data.get("attachments", [])
    uploads = request.FILES.getlist("files")
    if not uploads or sent_before(request.user, form.key_for(request)):
        return named
    return [*named, *(_attach(request, conversation, upload).pk for upload in uploads)]


def drafted_in(request: WorkbenchRequest) -> Conversation | None:
    """Return the conversation of the draft; ``None`` for a new one."""
    form = DraftForm(request.POST if request.method == "POST" else request.GET)
    if not form.is_valid():
        raise Http404
    wanted = form.cleaned_data["conversation"]
    return conversation_or_404(request, wanted) if wanted else None


def _draft(
    request: WorkbenchRequest, conversation: Conversation | None, sentences: Sequence[str] = (), status: int = 200
) -> HttpResponse:
    files = Attachment.objects.in_draft(request.user, conversation).without_text()
    context = {"files": files, "sentences": list(dict.fromkeys(sentences))}
    return render(request, "chat/_draft_files.html", context, status=status)


def _attach(request: WorkbenchRequest, conversation: Conversation | None, upload: "UploadedFile[Any]") -> Attachment:
    name = upload.name or ""
    check_size(harmless_name(name), upload.size or 0)
    return attach_file(owner=request.user, conversation=conversation, name=name, content=upload.read())


def _file_for(request: WorkbenchRequest, attachment_id: UUID) -> Attachment:
    files = Attachment.objects.visible_to(request.user).select_related("conversation")
    return get_object_or_404(files, pk=attachment_id)
