"""``/v1/chat/completions`` and ``/v1/completions``."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view, json_response
from apps.gateway.answering import answered
from apps.gateway.answers import Reply, answer_chunks, whole_answer
from apps.gateway.callers.caller import Caller, ReplyStream
from apps.gateway.callers.stopping import unless_stopping
from apps.gateway.forms import ChatCompletion, Completion, Request, read
from apps.gateway.openai_format import formats_for
from apps.gateway.sse import begun
from apps.generation.models import Generation


@api_view("POST")
async def chat_completions(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """Start a generation and answer with its reply, streamed or whole."""
    return await _answered(request, key, read(request.body, ChatCompletion))


@api_view("POST")
async def completions(request: HttpRequest, key: ApiKey) -> HttpResponseBase:
    """Continue texts, or fill the gap before a suffix, streamed or whole."""
    return await _answered(request, key, read(request.body, Completion))


async def _answered(request: HttpRequest, key: ApiKey, asked: Request) -> HttpResponseBase:
    async def respond(generations: list[Generation], caller: Caller) -> HttpResponseBase:
        replies = list(map(Reply, generations, formats_for(generations, asked)))
        if not asked.stream:
            return json_response(await unless_stopping(whole_answer(replies, key)))
        chunks = await unless_stopping(begun(answer_chunks(replies, key)))
        return ReplyStream(chunks, generations=generations, stays=caller.stays)

    return await answered(request, key, asked, respond)
