"""Share links: make, list, revoke and follow them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.errors import ChatError
from apps.chat.markdown.citations import cited_in
from apps.chat.markdown.questions import render_question
from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Role, Share
from apps.chat.services.share import files_to_share, revoke_share, share_conversation
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.files import highlighted_file, text_download
from apps.chat.views.sidebar import sidebar_for
from apps.generation.models import State

MOST_NUMBER = 100_000
# The sentences in place of a blank reply in a copy, by its state.
BLANK = {State.FAILED: "The reply failed.", State.CANCELLED: "The reply was stopped."}
NOTHING = "The model answered with nothing."
# The sentences below an incomplete reply in a copy, by its state.
INCOMPLETE = {State.FAILED: "The reply broke off here.", State.CANCELLED: "The reply was stopped here."}


@dataclass(frozen=True, slots=True)
class SharedFile:
    """A listed file of a copy."""

    name: str
    size: int
    lines: int
    address: str


@dataclass(frozen=True, slots=True)
class SharedTurn:
    """A message of a copy."""

    role: Role
    html: SafeString
    at: datetime
    files: list[SharedFile]
    passages: list[dict[str, str]]
    authors: list[str]
    note: str


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def share(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Say who could read a copy and what would be in it, in a dialog or on a page. POST makes the link."""
    conversation = conversation_or_404(request, conversation_id)
    made, refusal = None, None
    if request.method == "POST":
        try:
            made = share_conversation(conversation=conversation)
        except ChatError as error:
            refusal = error
    if made and not request.htmx:
        return redirect(f"{reverse('chat:shares')}#share-{made.pk}")
    context = {
        "item": conversation,
        "number": conversation.thread.count(),
        "files": files_to_share(conversation),
        "links": Share.objects.visible_to(request.user).filter(conversation=conversation).count(),
        "public": settings.SHARE_LINKS_PUBLIC,
        "site": settings.PUBLIC_URL,
        "made": made,
        "sentence": refusal.sentence if refusal else "",
    }
    if not request.htmx:
        context |= {"sidebar": sidebar_for(request)}
    template = "chat/_share_dialog.html" if request.htmx else "chat/share.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_GET
@never_cache
def shares(request: WorkbenchRequest) -> HttpResponse:
    """List the person's links."""
    context = {
        "shares": Share.objects.visible_to(request.user).select_related("conversation").without_texts(),
        "site": settings.PUBLIC_URL,
        "public": settings.SHARE_LINKS_PUBLIC,
        "sidebar": sidebar_for(request),
    }
    return render(request, "chat/shares.html", context)


@require_POST
def revoke(request: WorkbenchRequest, share_id: int) -> HttpResponse:
    """Revoke a link."""
    revoke_share(share=get_object_or_404(Share.objects.visible_to(request.user), pk=share_id))
    return redirect("chat:shares")


@login_not_required
@require_GET
@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """Show a copy to signed-in users, or to everybody with ``SHARE_LINKS_PUBLIC``."""
    if not _may_read(request):
        return redirect_to_login(request.get_full_path())
    found = get_object_or_404(Share.objects.open().select_related("conversation__owner").defer("files"), token=token)
    return _unlisted(render(request, "chat/shared.html", {"share": found, "turns": _turns(found)}))


@login_not_required
@require_GET
@never_cache
def shared_file(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Show a file of a copy."""
    if not _may_read(request):
        return redirect_to_login(request.get_full_path())
    share = get_object_or_404(Share.objects.open().without_texts(), token=token)
    file = _file(share, number)
    context = {"share": share, "name": file["name"], "code": highlighted_file(file["name"], file["text"])}
    return _unlisted(render(request, "chat/shared_file.html", {**context, "number": number}))


@login_not_required
@require_GET
@never_cache
def shared_file_text(request: HttpRequest, token: str, number: int) -> HttpResponse:
    """Download a file of a copy."""
    if not _may_read(request):
        return redirect_to_login(request.get_full_path())
    file = _file(get_object_or_404(Share.objects.open().without_texts(), token=token), number)
    return _unlisted(text_download(file["name"], file["text"]))


def _may_read(request: HttpRequest) -> bool:
    return settings.SHARE_LINKS_PUBLIC or request.user.is_authenticated


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    # The address is the key: linked sites must not learn it.
    response["Referrer-Policy"] = "no-referrer"
    return response


def _file(share: Share, number: int) -> dict[str, str]:
    """Read one file of the copy, and no other."""
    if number >= MOST_NUMBER:
        raise Http404
    name, text = f"files__{number}__name", f"files__{number}__text"
    file = Share.objects.filter(pk=share.pk, **{f"{name}__isnull": False}).values(name, text).first()
    if file is None:
        raise Http404
    return {"name": file[name], "text": file[text]}


def _turns(share: Share) -> list[SharedTurn]:
    return [
        SharedTurn(
            role=Role(turn["role"]),
            html=_html(turn),
            at=datetime.fromisoformat(turn["at"]),
            files=_files(share, turn),
            passages=turn.get("passages", []),
            authors=turn.get("authors", []),
            note=_note(turn),
        )
        for turn in share.turns
    ]


def _note(turn: dict[str, Any]) -> str:
    """Return why the reply is blank or incomplete, or ""."""
    state = turn.get("state", State.SUCCEEDED)
    return INCOMPLETE.get(state, "") if turn["text"].strip() else BLANK.get(state, NOTHING)


def _files(share: Share, turn: dict[str, Any]) -> list[SharedFile]:
    return [
        SharedFile(
            file["name"], file["size"], file["lines"], reverse("chat:shared_file", args=[share.token, file["number"]])
        )
        for file in turn.get("files", ())
    ]


def _html(turn: dict[str, Any]) -> SafeString:
    if turn["role"] == Role.USER:
        return mark_safe(render_question(turn["text"]))  # noqa: S308 - escaped, its code cleaned by nh3
    return mark_safe(render_markdown(turn["text"], cited_in(turn.get("passages", []))))  # noqa: S308 - cleaned by nh3
