"""The context usage of a draft."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.composer import composer_state
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.models import Mode
from apps.chat.services.count_tokens import request_counts
from apps.chat.views.attachments import drafted_in


@require_http_methods(["GET", "POST"])
@never_cache
def context_usage(request: WorkbenchRequest) -> HttpResponse:
    """Show the context usage of the ``message`` so far, on GET of an empty one, with the files of its draft.

    ``level`` is what the page shows already: screen readers hear a change of level only.
    """
    servers = chat_servers()
    mode = Mode.GUIDE if request.POST.get("mode") == Mode.GUIDE else Mode.CHAT
    first = SettingsForm(request.POST, servers=servers, mode=mode)  # those beside the first message
    composer = composer_state(
        user=request.user,
        conversation=drafted_in(request),
        mode=mode,
        settings=first.chosen if first.is_valid() else {},
        # One character more than can be sent is enough to say that it is too long.
        draft=request.POST.get("message", "")[: settings.CHAT_MESSAGE_CHARACTERS + 1],
        servers=servers,
    )
    if composer.estimate:
        request_counts(estimate=composer.estimate)
    usage = composer.usage
    changed = usage is not None and usage.level != request.POST.get("level", "")
    context = {"usage": usage, "changed": changed, "answering": composer.answering}
    return render(request, "chat/_context_usage_answer.html", context)
