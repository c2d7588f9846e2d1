"""Parts around the composer: the model servers, the context usage of the draft, the queued message."""

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.composer import composer_state
from apps.chat.conversation_settings.servers import servers_and_queue
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.errors import InvalidInput
from apps.chat.forms import MessageForm
from apps.chat.models import Conversation, Mode
from apps.chat.services.messages.count_tokens import request_counts
from apps.chat.services.messages.queue import queue_message, remove_queued, send_queued
from apps.chat.views.attachments import drafted_in, files_of
from apps.chat.views.conversation_page import composer_context
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import say_refusals, sent


@require_GET
@never_cache
def servers(request: WorkbenchRequest) -> HttpResponse:
    """Show the present state of the model servers, for the composer of ``conversation`` or of a new conversation.

    A new conversation names the model server that is chosen beside its first message.
    """
    conversation = drafted_in(request)
    found = servers_and_queue(request.user.pk, conversation)
    first = SettingsForm(request.GET, servers=found, mode=Mode.CHAT)
    composer = composer_state(
        user=request.user,
        conversation=conversation,
        settings=first.chosen if first.is_valid() else {},
        servers=found,
    )
    context = {"conversation": conversation, "servers": composer.notice, "answering": composer.answering}
    return render(request, "chat/_servers_answer.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
def context_usage(request: WorkbenchRequest) -> HttpResponse:
    """Show the context usage of the ``message`` so far (on GET, of an empty message) with the files of its draft.

    ``level`` is what the page shows already: screen readers hear a change of level only.
    """
    conversation = drafted_in(request)
    servers = servers_and_queue(request.user.pk, conversation)
    mode = Mode.GUIDE if request.POST.get("mode") == Mode.GUIDE else Mode.CHAT
    first = SettingsForm(request.POST, servers=servers, mode=mode)  # those beside the first message
    composer = composer_state(
        user=request.user,
        conversation=conversation,
        mode=mode,
        settings=first.chosen if first.is_valid() else {},
        # One character more than can be sent is enough to say that it is too long.
        draft=request.POST.get("message", "")[: settings.CHAT_MESSAGE_CHARACTERS + 1],
        servers=servers,
    )
    if composer.estimate:
        request_counts(estimate=composer.estimate)
    usage = composer.usage
    changed = usage is not None and usage.level != request.POST.get("level", "")
    context = {"usage": usage, "changed": changed, "answering": composer.answering}
    return render(request, "chat/_context_usage_answer.html", context)


@require_POST
@say_refusals
def queue(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Queue the message until the reply ends. If no reply is being written, send it at once."""
    conversation = conversation_or_404(request, conversation_id)
    form = MessageForm(request.POST)
    files = files_of(request, form, conversation)
    if not form.is_valid():
        raise InvalidInput(form.sentence)
    text, key = form.cleaned_data["message"], form.key_for(request)
    exchange = queue_message(conversation=conversation, text=text, files=files, form_key=key)
    return sent(request, exchange) if exchange else _queue_answer(request, conversation)


@require_POST
def unqueue(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Remove the queued message; its files go back to the draft."""
    conversation = conversation_or_404(request, conversation_id)
    remove_queued(conversation=conversation)
    return _queue_answer(request, conversation)


@require_POST
@say_refusals
def send_now(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Send the queued message, as after a reply that failed."""
    conversation = conversation_or_404(request, conversation_id)
    exchange = send_queued(conversation_id=conversation.pk)
    return sent(request, exchange) if exchange else _queue_answer(request, conversation)


def _queue_answer(request: WorkbenchRequest, conversation: Conversation) -> HttpResponse:
    if not request.htmx:
        return redirect(conversation)
    conversation.has_queued = conversation.has_draft = True  # read both again: the values are old
    composer = composer_state(user=request.user, conversation=conversation)
    context = {"conversation": conversation, **composer_context(composer, has_usage=False)}
    return render(request, "chat/_queue_answer.html", context)
