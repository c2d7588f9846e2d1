"""A new conversation that answers from the guide."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import user_of
from apps.chat.errors import ChatError
from apps.chat.forms import MessageForm
from apps.chat.models import Mode
from apps.chat.services.send import start_conversation
from apps.chat.views.answers import led_to, page, refused
from apps.chat.views.attachments import files_of


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask the guide; posting the first question makes the conversation, which stays with the guide."""
    if request.method != "POST":
        return page(request, None, MessageForm())
    form = MessageForm(request.POST)
    try:
        files = files_of(request, form, None)
        if not form.is_valid():
            return refused(request, None, form, form.sentence, 422)
        text, key = form.cleaned_data["message"], form.cleaned_data["key"]
        exchange = start_conversation(
            owner=user_of(request), text=text, files=files, idempotency_key=key, mode=Mode.GUIDE
        )
    except ChatError as error:
        return refused(request, None, form, error.sentence, error.status)
    return led_to(request, exchange.conversation)
