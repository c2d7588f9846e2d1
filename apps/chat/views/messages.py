"""Messages: the actions on one, and those that a page lacks."""

import re
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.errors import InvalidInput
from apps.chat.forms import CommentForm, EditForm, MessageForm
from apps.chat.models import Rating, Role
from apps.chat.selectors import text_of
from apps.chat.services.fork import fork_conversation
from apps.chat.services.messages.continue_reply import continue_reply
from apps.chat.services.messages.delete_exchange import delete_exchange
from apps.chat.services.messages.rate import rate_reply
from apps.chat.services.messages.stop import stop_reply
from apps.chat.services.messages.versions import answer_again, answer_question, edit_question, show_version
from apps.chat.transcript.paging import beginning_of_gap, end_of_gap
from apps.chat.transcript.render import shown as shown_items
from apps.chat.views.doors import conversation_or_404, message_or_404, reply_or_404
from apps.chat.views.responses import followed, redirect_to, say_refusals
from apps.chat.views.sidebar import sidebar_for

POSITION = re.compile("[0-9]{1,9}")


@require_POST
def stop(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Stop the reply."""
    shown = conversation_or_404(request, conversation_id)
    stop_reply(conversation=shown)
    return followed(request, shown)


@require_POST
@say_refusals
def go_on(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Continue a reply that broke off."""
    reply = reply_or_404(request, conversation_id, message_id)
    continue_reply(reply=reply)
    return followed(request, reply.conversation)


@require_POST
@say_refusals
def retry(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Ask for another reply to a question."""
    message = message_or_404(request, conversation_id, message_id)
    if message.role == Role.USER:
        answer_question(question=message)
    else:
        answer_again(reply=message)
    return followed(request, message.conversation)


@require_http_methods(["GET", "POST"])
@say_refusals
def edit(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Ask an edited question. GET shows a form for browsers without JavaScript."""
    shown = conversation_or_404(request, conversation_id)
    question = get_object_or_404(shown.messages.filter(role=Role.USER).with_files(), pk=message_id)
    if request.method != "POST":
        context = {"question": question, "form": EditForm(initial={"message": question.question})}
        return render(request, "chat/edit.html", {**context, "sidebar": sidebar_for(request)})
    form = MessageForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(form.sentence)
    edit_question(
        question=question,
        text=form.cleaned_data["message"],
        keep=form.kept,
        idempotency_key=form.key_for(request),
    )
    return followed(request, shown)


@require_POST
@say_refusals
def show(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID, version: int) -> HttpResponse:
    """Show another version of a message, and what follows it."""
    shown = conversation_or_404(request, conversation_id)
    message = get_object_or_404(shown.messages, pk=message_id)
    other = get_object_or_404(shown.messages, parent=message.parent_id, version=version)
    show_version(message=other)
    return followed(request, shown)


@require_POST
@say_refusals
def delete(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Delete a question with its replies."""
    question = message_or_404(request, conversation_id, message_id)
    conversation = delete_exchange(question=question)
    return followed(request, conversation)


@require_POST
@say_refusals
def fork(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Fork the conversation at a message, and go to the fork."""
    message = message_or_404(request, conversation_id, message_id)
    made = fork_conversation(message=message)
    return redirect_to(request, made.get_absolute_url())


@require_GET
@never_cache
def text(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Return a message as it was written, for copying."""
    message = message_or_404(request, conversation_id, message_id)
    return HttpResponse(text_of(message), content_type="text/plain; charset=utf-8")


@require_POST
@say_refusals
def rate(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID, rating: str) -> HttpResponse:
    """Rate a reply ``good`` or ``bad``, with a ``comment``; ``none`` removes both."""
    reply = reply_or_404(request, conversation_id, message_id)
    if rating not in {*Rating.values, "none"}:
        raise Http404
    form = CommentForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(form.sentence)
    rate_reply(reply=reply, rating=None if rating == "none" else Rating(rating), comment=form.comment_or_none)
    if request.htmx:
        return render(request, "chat/_rated.html", {"message": reply})
    return redirect("chat:message", conversation_id, message_id)


@require_GET
@never_cache
def gap(request: WorkbenchRequest, conversation_id: UUID, message_id: UUID) -> HttpResponse:
    """Show the last messages between the position ``after`` and a message; ``from=start`` shows the first.

    The gap depends on the message, not on the current thread, so it fits the page that asks.
    """
    conversation = conversation_or_404(request, conversation_id)
    below = get_object_or_404(conversation.messages.select_related("conversation"), pk=message_id)
    if not request.htmx:
        return redirect("chat:message", conversation_id, message_id)
    after = request.GET.get("after", "")
    fill = beginning_of_gap if request.GET.get("from") == "start" else end_of_gap
    items = fill(below, int(after) if POSITION.fullmatch(after) else 0)
    return render(request, "chat/_transcript.html", {"items": shown_items(items)})
