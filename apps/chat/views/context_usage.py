"""How much of the window the question takes that is being written."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.estimate import weigh
from apps.chat.conversation_settings.servers import ChatServers, chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.conversation_settings.values import put_settings
from apps.chat.models import Attachment, Conversation, Mode
from apps.chat.services.count_tokens import have_counted
from apps.chat.views.attachments import drafted_in


@require_http_methods(["GET", "POST"])
@never_cache
def gauge(request: WorkbenchRequest) -> HttpResponse:
    """The gauge for the ``message`` as it stands, on GET for none yet, and the files of its draft.

    What was said of it before is named by ``level``: only a change is announced.
    """
    servers = chat_servers()
    conversation = drafted_in(request)
    # A little more than can be sent is enough to say that it is too much.
    draft = request.POST.get("message", "")[: settings.CHAT_MESSAGE_CHARACTERS + 1]
    files = list(Attachment.objects.in_draft(request.user, conversation).without_text())
    weighed = conversation or _about_to_begin(request, servers)
    weighing = weigh(weighed, draft=draft, files=files, servers=servers)
    if weighing:
        have_counted(weighing=weighing)
    weight = weighing.weight if weighing else None
    changed = weight is not None and weight.level != request.POST.get("level", "")
    context = {"weight": weight, "changed": changed, "answering": servers.answering(weighed)}
    return render(request, "chat/_context_usage_answer.html", context)


def _about_to_begin(request: WorkbenchRequest, servers: ChatServers) -> Conversation:
    """The conversation that the message would begin, with the settings that stand beside it so far."""
    mode = Mode.GUIDE if request.POST.get("mode") == Mode.GUIDE else Mode.CHAT
    conversation = Conversation(mode=mode)
    assistant = SettingsForm(request.POST, servers=servers, mode=mode)
    if assistant.is_valid():
        put_settings(conversation, assistant.chosen)
    return conversation
