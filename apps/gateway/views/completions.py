"""``/v1/chat/completions`` and ``/v1/completions``."""

import asyncio
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view, json_response, refusal
from apps.gateway.answers import answer_chunks, whole_answer
from apps.gateway.caller import Caller, ReplyStream, leave
from apps.gateway.errors import InvalidKey, ReplyFailed, WebProcessStops
from apps.gateway.forms import ChatCompletion, Completion, read_chat_completion, read_completion
from apps.gateway.idempotency import idempotency_key_of
from apps.gateway.openai_format import Wording, wording_for
from apps.gateway.services import start_reply
from apps.gateway.stopping import unless_stopping
from apps.generation.models import Generation


@api_view("POST")
async def chat_completions(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """Start a generation and answer with its reply, streamed or whole."""
    return await _answered(request, key, read_chat_completion(request.body))


@api_view("POST")
async def completions(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """Continue a text, or fill the gap before a suffix, streamed or whole."""
    return await _answered(request, key, read_completion(request.body))


async def _answered(request: HttpRequest, key: ApiKey, asked: ChatCompletion | Completion) -> HttpResponseBase:
    once = idempotency_key_of(request)
    caller = Caller(request)
    generation = await caller.start(partial(start_reply, owner=key.owner, asked=asked, idempotency_key=once))
    wording = wording_for(generation, asked)
    if asked.stream:
        return ReplyStream(answer_chunks(generation, wording, key), generation=generation, stays=caller.stays)
    try:
        return await _whole(generation, wording, key, caller)
    except asyncio.CancelledError:
        if caller.has_given_up:
            leave(generation.pk)
        raise


async def _whole(generation: Generation, wording: Wording, key: ApiKey, caller: Caller) -> HttpResponse:
    try:
        response = json_response(await unless_stopping(whole_answer(generation, wording, key)))
    except InvalidKey as error:
        if not caller.stays:
            leave(generation.pk)
        response = refusal(error)
    except (ReplyFailed, WebProcessStops) as error:
        response = refusal(error)
    response["X-Generation-Id"] = str(generation.pk)
    return response
