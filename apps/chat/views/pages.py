"""The chat's pages: a new conversation, and one that is there."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import user_of
from apps.chat.errors import ChatError
from apps.chat.forms import MessageForm
from apps.chat.services.send import send_message, start_conversation
from apps.chat.views.answers import conversation_for, led_to, page, refused, sent
from apps.chat.views.attachments import files_of


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """A new chat; posting its first message makes the conversation."""
    if request.method != "POST":
        return page(request, None, MessageForm())
    form = MessageForm(request.POST)
    try:
        files = files_of(request, form, None)
        if not form.is_valid():
            return refused(request, None, form, form.sentence, 422)
        text, key = form.cleaned_data["message"], form.cleaned_data["key"]
        exchange = start_conversation(owner=user_of(request), text=text, files=files, idempotency_key=key)
    except ChatError as error:
        return refused(request, None, form, error.sentence, error.status)
    return led_to(request, exchange.conversation)


@require_http_methods(["GET", "POST"])
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation; posting to it asks the next question."""
    shown = conversation_for(request, conversation_id)
    if request.method != "POST":
        return page(request, shown, MessageForm())
    form = MessageForm(request.POST)
    try:
        files = files_of(request, form, shown)
        if not form.is_valid():
            return refused(request, shown, form, form.sentence, 422)
        text, key = form.cleaned_data["message"], form.cleaned_data["key"]
        exchange = send_message(conversation=shown, text=text, files=files, idempotency_key=key)
    except ChatError as error:
        return refused(request, shown, form, error.sentence, error.status)
    return sent(request, exchange)
