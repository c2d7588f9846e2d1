"""A conversation's page, and the pages that begin one: an ordinary one, or one that answers from the guide."""

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import WorkbenchRequest
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.errors import ChatError
from apps.chat.forms import MessageForm
from apps.chat.models import Mode
from apps.chat.services.send import send_message, start_conversation
from apps.chat.views.attachments import files_of
from apps.chat.views.conversation_page import page
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import led_to, refused, sent


@require_http_methods(["GET", "POST"])
def conversation(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation; posting to it asks the next question."""
    shown = conversation_or_404(request, conversation_id)
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


@require_http_methods(["GET", "POST"])
def home(request: WorkbenchRequest) -> HttpResponse:
    """A new chat; posting its first message, and settings with it, makes the conversation."""
    return _begin(request, Mode.CHAT)


@require_http_methods(["GET", "POST"])
def ask(request: WorkbenchRequest) -> HttpResponse:
    """Ask the guide; posting the first question makes the conversation, which stays with the guide."""
    return _begin(request, Mode.GUIDE)


def _begin(request: WorkbenchRequest, mode: Mode) -> HttpResponse:
    if request.method != "POST":
        return page(request, None, MessageForm())
    form, assistant = MessageForm(request.POST), SettingsForm(request.POST, servers=chat_servers(), mode=mode)
    try:
        files = files_of(request, form, None)
        if not form.is_valid():
            return refused(request, None, form, form.sentence, 422, assistant)
        if not assistant.is_valid():
            return refused(request, None, form, f"Not sent. In the settings, {assistant.sentence}", 422, assistant)
        exchange = start_conversation(
            owner=request.user,
            text=form.cleaned_data["message"],
            files=files,
            idempotency_key=form.cleaned_data["key"],
            mode=mode,
            assistant=assistant.chosen,
        )
    except ChatError as error:
        return refused(request, None, form, error.sentence, error.status, assistant)
    return led_to(request, exchange.conversation)
