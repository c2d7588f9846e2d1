"""The state of the model servers, for open pages."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.requests import WorkbenchRequest
from apps.chat.context.composer import composer_state
from apps.chat.views.attachments import drafted_in


@require_GET
@never_cache
def servers(request: WorkbenchRequest) -> HttpResponse:
    """Show the state of the model servers as it is now, to the composer of ``conversation`` or of a new one."""
    conversation = drafted_in(request)
    composer = composer_state(user=request.user, conversation=conversation)
    context = {"conversation": conversation, "servers": composer.notice, "answering": composer.answering}
    return render(request, "chat/_servers_answer.html", context)
