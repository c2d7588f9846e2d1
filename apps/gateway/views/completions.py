"""``/v1/chat/completions`` and ``/v1/completions``."""

import asyncio
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view, json_response, refusal
from apps.gateway.answers import answer_chunks, whole_answer
from apps.gateway.caller import Caller, ReplyStream, leave
from apps.gateway.errors import ApiError, InvalidKey
from apps.gateway.forms import ChatCompletion, Completion, read_chat_completion, read_completion
from apps.gateway.idempotency import idempotency_key_of
from apps.gateway.openai_format import AnswerFormat, format_for
from apps.gateway.services import start_reply
from apps.gateway.sse import begun
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
    answer = format_for(generation, asked)
    try:
        response = await (_streamed if asked.stream else _whole)(generation, answer, key, caller)
    except asyncio.CancelledError:
        if caller.has_given_up:
            leave(generation.pk)
        raise
    except InvalidKey as error:
        if not caller.stays:
            leave(generation.pk)
        response = refusal(error)
    except ApiError as error:
        response = refusal(error)
    response["X-Generation-Id"] = str(generation.pk)
    return response


async def _streamed(generation: Generation, answer: AnswerFormat, key: ApiKey, caller: Caller) -> HttpResponseBase:
    chunks = await unless_stopping(begun(answer_chunks(generation, answer, key)))
    return ReplyStream(chunks, generation=generation, stays=caller.stays)


async def _whole(generation: Generation, answer: AnswerFormat, key: ApiKey, caller: Caller) -> HttpResponse:  # noqa: ARG001
    return json_response(await unless_stopping(whole_answer(generation, answer, key)))
