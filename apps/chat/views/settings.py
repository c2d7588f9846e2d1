"""The settings of a conversation, as a panel of its page and as a page of their own."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.errors import ConversationGone, SettingsChanged
from apps.chat.models import Conversation, Mode, Preset
from apps.chat.services.settings import change_settings
from apps.chat.views.assistant import assistant_context
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.sidebar import sidebar_for

SAVED = "Saved. The next reply uses these settings."
ANY = "Any model server may answer here now."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def settings(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Show and save them; what another tab has changed meanwhile is shown before it is overwritten."""
    shown = conversation_or_404(request, conversation_id)
    servers = chat_servers()
    if request.method != "POST":
        return _settings_page(request, shown, SettingsForm(conversation=shown, servers=servers))
    form = SettingsForm(request.POST, conversation=shown, servers=servers)
    if not form.is_valid():
        return _refused(request, shown, form, "Nothing was saved: look at what is marked.", 422)
    try:
        shown = change_settings(conversation=shown, changes=form.changes, seen=form.seen)
    except SettingsChanged as refusal:
        return _refused(request, shown, form.beside(refusal), refusal.sentence, refusal.status)
    except ConversationGone:
        raise Http404 from None
    return saved(request, shown, SAVED)


@require_POST
def use_any(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Let any model server answer, also the question that waits."""
    shown = conversation_or_404(request, conversation_id)
    try:
        shown = change_settings(conversation=shown, changes={"endpoint": ""})
    except ConversationGone:
        raise Http404 from None
    return saved(request, shown, ANY)


def saved(request: WorkbenchRequest, shown: Conversation, sentence: str, address: str = "") -> HttpResponse:
    """The panel and the bar as they are now; without htmx the conversation, or ``address``."""
    if not request.htmx:
        messages.success(request, sentence)
        return redirect(address or shown)
    context = {"conversation": shown, "done": sentence, **assistant_context(shown, Mode(shown.mode))}
    return render(request, "chat/_settings_saved.html", context)


def _refused(
    request: WorkbenchRequest, shown: Conversation, form: SettingsForm, sentence: str, status: int
) -> HttpResponse:
    if not request.htmx:
        return _settings_page(request, shown, form, sentence, status)
    context = {"conversation": shown, "settings_form": form, "settings_sentence": sentence}
    return render(request, "chat/_settings_refused.html", context, status=status)


def _settings_page(
    request: WorkbenchRequest, shown: Conversation, form: SettingsForm, sentence: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "conversation": shown,
        "settings_form": form,
        "settings_sentence": sentence,
        "presets": Preset.objects.visible_to(request.user),
        "sidebar": sidebar_for(request),
    }
    return render(request, "chat/settings.html", context, status=status)
