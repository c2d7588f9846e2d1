"""The settings of a conversation: a panel of its page, and a page of their own."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.composer import composer_state
from apps.chat.conversation_settings.in_use import preset_in_use
from apps.chat.conversation_settings.picker import server_choices
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.conversation_settings.values import settings_of
from apps.chat.errors import InvalidInput
from apps.chat.models import Conversation, Preset
from apps.chat.selectors import presets_of
from apps.chat.services.settings import change_settings
from apps.chat.views.attachments import drafted_in
from apps.chat.views.conversation_page import composer_context
from apps.chat.views.doors import conversation_or_404
from apps.chat.views.responses import say_refusals
from apps.chat.views.sidebar import sidebar_for

SAVED = "Saved. The next reply uses these settings."
ANY = "Any model server may answer here now."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@say_refusals
def settings(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Show the settings. POST saves the changed settings. If two tabs change the same setting, the last one wins."""
    shown = conversation_or_404(request, conversation_id)
    servers = chat_servers(request.user.pk)
    if request.method != "POST":
        return _page(request, shown, SettingsForm(conversation=shown, servers=servers))
    form = SettingsForm(request.POST, conversation=shown, servers=servers)
    if not form.is_valid():
        return _invalid(request, shown, form)
    return saved(request, change_settings(conversation=shown, changes=form.changes), SAVED)


@require_GET
@never_cache
def models(request: WorkbenchRequest) -> HttpResponse:
    """List the model servers that may answer in ``conversation``, or in a new one."""
    conversation = drafted_in(request)
    if not request.htmx:
        return redirect("chat:settings", conversation.pk) if conversation else redirect("chat:home")
    choices = server_choices(chat_servers(request.user.pk), conversation)
    return render(request, "chat/_model_choices.html", {"conversation": conversation, "choices": choices})


@require_POST
@say_refusals
def use_server(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Let the server ``endpoint`` answer from now on; an empty name lets any server answer."""
    shown = conversation_or_404(request, conversation_id)
    name = request.POST.get("endpoint", "")
    if name and chat_servers(request.user.pk).named(name) is None:
        raise InvalidInput(f"There is no model server “{name}” that answers chats.")
    sentence = f"{name} answers from the next reply on." if name else ANY
    return saved(request, change_settings(conversation=shown, changes={"endpoint": name}), sentence)


@require_POST
@say_refusals
def use_any(request: WorkbenchRequest, conversation_id: UUID) -> HttpResponse:
    """Let any model server answer, also a question that waits already."""
    shown = conversation_or_404(request, conversation_id)
    return saved(request, change_settings(conversation=shown, changes={"endpoint": ""}), ANY)


def saved(request: WorkbenchRequest, shown: Conversation, sentence: str, address: str = "") -> HttpResponse:
    """Show the updated panel and composer. Without htmx, go to ``address`` or the conversation."""
    if not request.htmx:
        messages.success(request, sentence)
        return redirect(address or shown)
    composer = composer_state(user=request.user, conversation=shown)
    context = {
        "conversation": shown,
        "done": sentence,
        "mode": shown.mode,
        "preset_in_use": preset_in_use(presets_of(request.user), settings_of(shown)),
        "settings_form": SettingsForm(conversation=shown, servers=composer.servers),
        **composer_context(composer),
    }
    return render(request, "chat/_settings_saved.html", context)


def _invalid(request: WorkbenchRequest, shown: Conversation, form: SettingsForm) -> HttpResponse:
    sentence = "Not saved. Correct the marked settings."
    if not request.htmx:
        return _page(request, shown, form, sentence, 422)
    context = {"conversation": shown, "settings_form": form, "settings_sentence": sentence}
    return render(request, "chat/_settings_refused.html", context, status=422)


def _page(
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
