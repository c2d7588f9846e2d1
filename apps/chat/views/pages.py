"""The page of a conversation."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.chat.errors import ChatError
from apps.chat.forms import MessageForm
from apps.chat.services.send import send_message
from apps.chat.views.answers import conversation_for, page, refused, sent
from apps.chat.views.attachments import files_of


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
