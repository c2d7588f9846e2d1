"""The chat's pages. Each works as a plain page, and answers htmx with the part that changed."""

from uuid import UUID, uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from apps.accounts.requests import user_of
from apps.chat.errors import ChatError
from apps.chat.forms import MessageForm
from apps.chat.models import Conversation, Message, Role
from apps.chat.selectors import sidebar_groups
from apps.chat.servers import server_notice
from apps.chat.services.exchange import Exchange
from apps.chat.services.go_on import continue_reply
from apps.chat.services.send import send_message, start_conversation
from apps.chat.services.stop import stop_reply
from apps.chat.services.versions import answer_again, edit_question, show_version
from apps.chat.transcript import now_as_moment, shown_messages


@require_http_methods(["GET", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """A new chat; posting its first message makes the conversation."""
    if request.method != "POST":
        return _page(request, None, MessageForm())
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _refused(request, None, form, form.sentence, 422)
    try:
        exchange = start_conversation(
            owner=user_of(request), text=form.cleaned_data["message"], idempotency_key=form.cleaned_data["key"]
        )
    except ChatError as error:
        return _refused(request, None, form, error.sentence, error.status)
    url = exchange.conversation.get_absolute_url()
    return HttpResponseClientRedirect(url) if request.htmx else HttpResponseRedirect(url)  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def conversation(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """One conversation; posting to it asks the next question."""
    shown = _conversation_for(request, conversation_id)
    if request.method != "POST":
        return _page(request, shown, MessageForm())
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _refused(request, shown, form, form.sentence, 422)
    try:
        exchange = send_message(
            conversation=shown, text=form.cleaned_data["message"], idempotency_key=form.cleaned_data["key"]
        )
    except ChatError as error:
        return _refused(request, shown, form, error.sentence, error.status)
    return _sent(request, exchange)


@require_POST
def stop(request: HttpRequest, conversation_id: UUID) -> HttpResponse:
    """Stop the reply that is being written; the socket shows that it has."""
    shown = _conversation_for(request, conversation_id)
    stop_reply(conversation=shown)
    return HttpResponse(status=204) if request.htmx else redirect(shown)  # type: ignore[attr-defined]


@require_POST
def go_on(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Continue a reply that broke off; the socket shows how it goes on."""
    reply = _reply_for(request, conversation_id, message_id)
    try:
        continue_reply(reply=reply)
    except ChatError as error:
        return _refused(request, reply.conversation, MessageForm(), error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(reply.conversation)  # type: ignore[attr-defined]


@require_POST
def retry(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Have a reply's question answered once more; the socket shows the new reply."""
    reply = _reply_for(request, conversation_id, message_id)
    try:
        answer_again(reply=reply)
    except ChatError as error:
        return _refused(request, reply.conversation, MessageForm(), error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(reply.conversation)  # type: ignore[attr-defined]


@require_POST
def edit(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Ask a question in other words; the socket shows the thread that this begins."""
    shown = _conversation_for(request, conversation_id)
    question = get_object_or_404(shown.messages.filter(role=Role.USER), pk=message_id)
    form = MessageForm(request.POST)
    if not form.is_valid():
        return _refused(request, shown, form, form.sentence, 422)
    try:
        edit_question(question=question, text=form.cleaned_data["message"], idempotency_key=form.cleaned_data["key"])
    except ChatError as error:
        return _refused(request, shown, form, error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(shown)  # type: ignore[attr-defined]


@require_POST
def show(request: HttpRequest, conversation_id: UUID, message_id: UUID, version: int) -> HttpResponse:
    """Show another version of a message, and what follows it; the socket brings it."""
    shown = _conversation_for(request, conversation_id)
    message = get_object_or_404(shown.messages, pk=message_id)
    other = get_object_or_404(shown.messages, parent=message.parent_id, version=version)
    try:
        show_version(message=other)
    except ChatError as error:
        return _refused(request, shown, MessageForm(), error.sentence, error.status)
    return HttpResponse(status=204) if request.htmx else redirect(shown)  # type: ignore[attr-defined]


def _reply_for(request: HttpRequest, conversation_id: UUID, message_id: UUID) -> Message:
    replies = _conversation_for(request, conversation_id).messages.filter(role=Role.ASSISTANT)
    return get_object_or_404(replies.select_related("conversation__owner", "parent"), pk=message_id)


def _conversation_for(request: HttpRequest, conversation_id: UUID) -> Conversation:
    return get_object_or_404(Conversation.objects.visible_to(user_of(request)), pk=conversation_id)


def _sent(request: HttpRequest, exchange: Exchange) -> HttpResponse:
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(exchange.conversation)
    turns = shown_messages(exchange.conversation.thread.filter(position__gte=exchange.question.position))
    context = {"turns": turns, "key": uuid4()}
    return render(request, "chat/_sent.html", context)


def _refused(
    request: HttpRequest, shown: Conversation | None, form: MessageForm, sentence: str, status: int
) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "chat/_refused.html", {"sentence": sentence}, status=status)
    response = _page(request, shown, form, sentence)
    response.status_code = status
    return response


def _page(request: HttpRequest, shown: Conversation | None, form: MessageForm, sentence: str = "") -> HttpResponse:
    # Taken before the messages are read, so that the socket sends whatever changes in between.
    moment = now_as_moment()
    context = {
        "conversation": shown,
        "moment": moment,
        "turns": shown_messages(shown.thread) if shown else [],
        "sidebar": sidebar_groups(user_of(request)),
        "draft": form["message"].value() or request.GET.get("prompt", ""),
        "key": uuid4(),
        "sentence": sentence,
        "servers": server_notice(),
    }
    return render(request, "chat/page.html", context)
