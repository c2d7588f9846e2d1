"""Responses of the chat's views: a page, or for htmx the part that changed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate
from uuid import UUID

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.composer import composer_state
from apps.chat.conversation_settings.servers import ChatServers
from apps.chat.errors import ChatError
from apps.chat.models import Conversation
from apps.chat.services.messages.exchange import Exchange
from apps.chat.transcript.paging import Gap, latest_messages
from apps.chat.transcript.render import ShownMessage, show_message, shown
from apps.chat.transcript.status import waiting_sentence
from apps.chat.views.conversation_page import composer_context, page
from apps.chat.views.doors import conversation_or_404
from apps.generation.models import State


def say_refusals[**P](
    view: Callable[Concatenate[WorkbenchRequest, P], HttpResponse],
) -> Callable[Concatenate[WorkbenchRequest, P], HttpResponse]:
    """Answer a ``ChatError`` of the view with its sentence and its status.

    htmx gets the sentence for the composer. Without htmx the page is shown again, with everything that was sent.
    """

    @wraps(view)
    def answer(request: WorkbenchRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except ChatError as error:
            return _refused(request, error, kwargs.get("conversation_id"))

    return answer


def _refused(request: WorkbenchRequest, error: ChatError, conversation_id: Any) -> HttpResponse:
    if request.htmx:
        return render(request, "chat/_refused.html", {"sentence": error.sentence}, status=error.status)
    conversation = conversation_or_404(request, conversation_id) if isinstance(conversation_id, UUID) else None
    response = page(request, conversation, error.sentence)
    response.status_code = error.status
    return response


def redirect_to(request: WorkbenchRequest, address: str) -> HttpResponse:
    """Go to another page; htmx would follow a plain redirect within this one."""
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)


def followed(request: WorkbenchRequest, conversation: Conversation) -> HttpResponse:
    """Send nothing: the page gets the change over its live connection."""
    return HttpResponse(status=204) if request.htmx else redirect(conversation)


def sent(
    request: WorkbenchRequest,
    exchange: Exchange,
    asked_in: Conversation | None = None,
    servers: ChatServers | None = None,
) -> HttpResponse:
    """Show the new messages, and empty the composer. ``asked_in`` and ``servers`` save queries, if known."""
    conversation = asked_in if asked_in == exchange.conversation else exchange.conversation
    if not request.htmx:
        return redirect(conversation)
    composer = composer_state(user=request.user, conversation=conversation, servers=servers)
    context = {
        "conversation": conversation,
        "items": _items_of(exchange),
        **composer_context(composer, has_usage=False),
    }
    return render(request, "chat/_sent.html", context)


def _items_of(exchange: Exchange) -> list[ShownMessage | Gap]:
    """Return the new messages to show. The live connection sends the queue position of a new reply."""
    question, reply = exchange.question, exchange.reply
    if exchange.is_shown_as_stored and reply.state == State.QUEUED:
        return [show_message(question), ShownMessage(reply, SafeString(), waiting_sentence(None))]
    return shown(latest_messages(exchange.conversation).filter(position__gte=question.position))
