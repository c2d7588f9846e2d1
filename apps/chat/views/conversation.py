"""A conversation's page, and the pages that begin one: a chat, or questions to the guide."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.conversation_settings.servers import chat_servers, servers_and_queue
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.errors import InvalidInput
from apps.chat.first_steps import DISMISSED
from apps.chat.forms import MessageForm
from apps.chat.models import Mode
from apps.chat.selectors import find_folder
from apps.chat.services.messages.send import send_message, start_conversation
from apps.chat.views.attachments import files_of
from apps.chat.views.conversation_page import page
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import redirect_to, say_refusals, sent

YEAR = 365 * 24 * 3600  # seconds


@require_http_methods(["GET", "POST"])
@say_refusals
def conversation(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Show a conversation. POST asks the next question."""
    shown = conversation_or_404(request, conversation_id)
    if request.method != "POST":
        return page(request, shown)
    form = MessageForm(request.POST)
    files = files_of(request, form, shown)
    if not form.is_valid():
        raise InvalidInput(form.sentence)
    servers = servers_and_queue(request.user.pk, shown)
    exchange = send_message(
        conversation=shown,
        text=form.cleaned_data["message"],
        files=files,
        idempotency_key=form.key_for(request),
        form_key=form.cleaned_data["key"],
        servers=servers,
    )
    return sent(request, exchange, shown, servers)


@require_http_methods(["GET", "POST"])
def home(request: WorkbenchRequest) -> HttpResponse:
    """Show an empty chat. POST sends its first message, with its settings, and makes the conversation."""
    return _begin(request, Mode.CHAT)


@require_http_methods(["GET", "POST"])
def ask(request: WorkbenchRequest) -> HttpResponse:
    """Show the page that asks the guide. POST makes a conversation that stays with the guide."""
    return _begin(request, Mode.GUIDE)


@require_POST
def dismiss_first_steps(request: WorkbenchRequest) -> HttpResponse:
    """Hide the first steps in this browser from now on."""
    response = redirect("chat:home")
    response.set_cookie(DISMISSED, "1", max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure())
    return response


@say_refusals
def _begin(request: WorkbenchRequest, mode: Mode) -> HttpResponse:
    if request.method != "POST":
        return page(request, None)
    form = MessageForm(request.POST)
    settings = SettingsForm(request.POST, servers=chat_servers(request.user.pk), mode=mode)
    files = files_of(request, form, None)
    if not form.is_valid():
        raise InvalidInput(form.sentence)
    if not settings.is_valid():
        raise InvalidInput(f"Not sent. In the settings, {settings.sentence}")
    exchange = start_conversation(
        owner=request.user,
        text=form.cleaned_data["message"],
        files=files,
        idempotency_key=form.key_for(request),
        form_key=form.cleaned_data["key"],
        mode=mode,
        settings=settings.chosen,
        is_temporary=form.cleaned_data["temporary"],
        folder=find_folder(request.user, request.POST.get("folder", "")),
    )
    return redirect_to(request, exchange.conversation.get_absolute_url())
