"""What can be done with a message: stop, continue, retry, edit, show another version."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from apps.chat.errors import ChatError
from apps.chat.forms import MessageForm
from apps.chat.models import Role
from apps.chat.services.go_on import continue_reply
from apps.chat.services.stop import stop_reply
from apps.chat.services.versions import answer_again, edit_question, show_version
from apps.chat.views.answers import conversation_for, refused, reply_for


@require_POST
def stop(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Stop the reply that is being written; the socket shows that it has."""
    shown = conversation_for(request, conversation_id)
    stop_reply(conversation=shown)
    return HttpResponse(status=204) if request.htmx else redirect(shown)  # type: ignore[attr-defined]


@require_POST
def go_on(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Continue a reply that broke off; the socket shows how it goes on."""
    reply = reply_for(request, conversation_id, message_id)
    try:
        continue_reply(reply=reply)
    except ChatError as error:
        return refused(request, reply.conversation, MessageForm(), error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(reply.conversation)  # type: ignore[attr-defined]


@require_POST
def retry(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Have a reply's question answered once more; the socket shows the new reply."""
    reply = reply_for(request, conversation_id, message_id)
    try:
        answer_again(reply=reply)
    except ChatError as error:
        return refused(request, reply.conversation, MessageForm(), error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(reply.conversation)  # type: ignore[attr-defined]


@require_POST
def edit(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Ask a question in other words; the socket shows the thread that this begins."""
    shown = conversation_for(request, conversation_id)
    question = get_object_or_404(shown.messages.filter(role=Role.USER), pk=message_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return refused(request, shown, form, form.sentence, 422)
    try:
        edit_question(
            question=question,
            text=form.cleaned_data["message"],
            keep=form.kept,
            idempotency_key=form.cleaned_data["key"],
        )
    except ChatError as error:
        return refused(request, shown, form, error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(shown)  # type: ignore[attr-defined]


@require_POST
def show(request: HttpRequest, conversation_id: UUID, message_id: UUID, version: int) -> HttpResponse:
    """Show another version of a message, and what follows it; the socket brings it."""
    shown = conversation_for(request, conversation_id)
    message = get_object_or_404(shown.messages, pk=message_id)
    other = get_object_or_404(shown.messages, parent=message.parent_id, version=version)
    try:
        show_version(message=other)
    except ChatError as error:
        return refused(request, shown, MessageForm(), error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(shown)  # type: ignore[attr-defined]
