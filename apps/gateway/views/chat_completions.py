"""``/v1/chat/completions``."""

import asyncio
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.accounts.models import User
from apps.gateway.access import api_view, json_response, refusal
from apps.gateway.answers import completion_chunks, whole_completion
from apps.gateway.caller import ReplyStream, leave, started, stays_when_left
from apps.gateway.errors import ReplyFailed
from apps.gateway.forms import ChatCompletion, read_chat_completion
from apps.gateway.services import start_chat_completion
from apps.generation.models import Generation


@api_view("POST")
async def chat_completions(request: HttpRequest, caller: User) -> HttpResponseBase:
    """Start a generation and answer with its reply, streamed or whole."""
    asked = read_chat_completion(request.body)
    stays = stays_when_left(request)
    generation = await started(partial(start_chat_completion, caller=caller, asked=asked), stays=stays)
    if asked.stream:
        return ReplyStream(completion_chunks(generation, asked), generation=generation, stays=stays)
    try:
        return await _whole(generation, asked)
    except asyncio.CancelledError:
        if not stays:
            leave(generation.pk)
        raise


async def _whole(generation: Generation, asked: ChatCompletion) -> HttpResponse:
    try:
        response = json_response(await whole_completion(generation, asked))
    except ReplyFailed as error:
        response = refusal(error)
    response["X-Generation-Id"] = str(generation.pk)
    return response
