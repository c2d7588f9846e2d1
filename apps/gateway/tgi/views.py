"""``/generate``, ``/generate_stream``, and TGI's root, each for any model or for one that the address names."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view, json_response
from apps.gateway.answering import answered
from apps.gateway.callers.caller import Caller, ReplyStream
from apps.gateway.callers.stopping import unless_stopping
from apps.gateway.forms import read
from apps.gateway.selectors import ANY_NAMES
from apps.gateway.sse import begun
from apps.gateway.tgi.answers import generation_events, refusal, whole_generation
from apps.gateway.tgi.forms import Generate
from apps.generation.models import Generation

ANY = ANY_NAMES[0]


@api_view("POST", refuse=refusal)
async def generate(request: HttpRequest, key: ApiKey, model: str = ANY) -> HttpResponseBase:
    """Continue a text, and answer with the whole of it."""
    asked = read(request.body, Generate)
    return await _answered(request, key, asked, model, stream=False)


@api_view("POST", refuse=refusal)
async def generate_stream(request: HttpRequest, key: ApiKey, model: str = ANY) -> HttpResponseBase:
    """Continue a text, streaming."""
    asked = read(request.body, Generate)
    return await _answered(request, key, asked, model, stream=True)


@api_view("POST", refuse=refusal)
async def generate_either(request: HttpRequest, key: ApiKey, model: str = ANY) -> HttpResponseBase:
    """Continue a text, streaming if the body says so. A whole answer is a list here, as at TGI's root."""
    asked = read(request.body, Generate)
    return await _answered(request, key, asked, model, stream=bool(asked.stream), in_list=True)


async def _answered(  # noqa: PLR0913 (three addresses differ in so much)
    request: HttpRequest, key: ApiKey, asked: Generate, model: str, *, stream: bool, in_list: bool = False
) -> HttpResponseBase:
    completion = asked.as_completion(model)
    shape: dict[str, Any] = {"echoed": completion.echoed, "scored": completion.likely is not None}

    async def respond(generations: list[Generation], caller: Caller) -> HttpResponseBase:
        (generation,) = generations
        if stream:
            events = await unless_stopping(begun(generation_events(generation, key, **shape)))
            return ReplyStream(events, generations=generations, stays=caller.stays)
        whole = whole_generation(generation, key, details=asked.wants_details, **shape)
        answer = await unless_stopping(whole)
        return json_response([answer] if in_list else answer)

    return await answered(request, key, completion, respond, refuse=refusal)
