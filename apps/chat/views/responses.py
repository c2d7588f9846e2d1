"""Answers of the chat's views: a page, or for htmx the part that changed."""

from uuid import uuid4

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import WorkbenchRequest
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.forms import MessageForm
from apps.chat.models import Attachment, Conversation
from apps.chat.services.exchange import Exchange
from apps.chat.transcript.paging import latest_messages
from apps.chat.transcript.render import shown
from apps.chat.views.conversation_page import page


def led_to(request: WorkbenchRequest, conversation: Conversation) -> HttpResponse:
    """Go to a conversation that this request has made."""
    url = conversation.get_absolute_url()
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)


def followed(request: WorkbenchRequest, conversation: Conversation) -> HttpResponse:
    """The page follows the conversation, and shows by itself what this request has changed."""
    return HttpResponse(status=204) if request.htmx else redirect(conversation)


def sent(request: WorkbenchRequest, exchange: Exchange) -> HttpResponse:
    if not request.htmx:
        return redirect(exchange.conversation)
    messages = latest_messages(exchange.conversation).filter(position__gte=exchange.question.position)
    files = Attachment.objects.in_draft(request.user, exchange.conversation).without_text()
    servers = chat_servers()
    context = {
        "conversation": exchange.conversation,
        "parts": shown(messages),
        "key": uuid4(),
        "files": files,
        "servers": servers.notice(exchange.conversation),
        "answering": servers.answering(exchange.conversation),
    }
    return render(request, "chat/_sent.html", context)


def refused(  # noqa: PLR0913, PLR0917 (a page that keeps all that was written)
    request: WorkbenchRequest,
    conversation: Conversation | None,
    form: MessageForm,
    sentence: str,
    status: int,
    assistant: SettingsForm | None = None,
) -> HttpResponse:
    if request.htmx:
        return render(request, "chat/_refused.html", {"sentence": sentence}, status=status)
    response = page(request, conversation, form, sentence, assistant)
    response.status_code = status
    return response
