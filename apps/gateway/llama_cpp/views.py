"""``/infill``, for any model or for one that the address names."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view, json_response
from apps.gateway.answering import answered, check_headers
from apps.gateway.answers import error_event, failure_of, finish_reason_of, usage_in_openai, whole_text
from apps.gateway.callers.caller import Caller, ReplyStream
from apps.gateway.callers.stopping import unless_stopping
from apps.gateway.following import watch
from apps.gateway.forms import read
from apps.gateway.forms.shared_fields import Asking
from apps.gateway.llama_cpp.forms import Infill
from apps.gateway.selectors import ANY_NAMES
from apps.gateway.sse import KEEP_ALIVE, begun, event
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State


@api_view("POST")
async def infill(request: HttpRequest, key: ApiKey, model: str = ANY_NAMES[0]) -> HttpResponseBase:
    """Fill the gap, whole or streamed, in llama.cpp's shapes."""
    asked = read(request.body, Infill)
    completion = asked.as_completion(model)
    if asked.only_warms_up:
        check_headers(request)
        Asking.check(completion)  # all checks of a completion except that it has text
        return json_response({"content": "", "stop": True})

    async def respond(generations: list[Generation], caller: Caller) -> HttpResponseBase:
        (generation,) = generations
        if asked.stream:
            pieces = await unless_stopping(begun(_pieces(generation, key)))
            return ReplyStream(pieces, generations=generations, stays=caller.stays)
        text, ended = await unless_stopping(whole_text(generation, key))
        return json_response(_last(text, ended))

    return await answered(request, key, completion, respond)


async def _pieces(generation: Generation, key: ApiKey) -> AsyncGenerator[bytes]:
    """Yield the reply. A failure before anything was yielded raises ``RequestRefused`` or ``ReplyFailed``."""
    has_begun = False
    async with aclosing(watch(generation, key)) as watching:
        async for events in watching:
            if events is None:
                has_begun = True
                yield KEEP_ALIVE
                continue
            if events.ended and events.ended.state == State.FAILED:
                error = failure_of(generation, events.ended)
                if not has_begun:
                    raise error
                yield error_event(error)
                return
            if events.text and not events.ended:
                has_begun = True
                yield event({"content": events.text, "stop": False})
            if events.ended:
                yield event(_last(events.text, events.ended))


def _last(text: str, ended: Ended) -> dict[str, Any]:
    usage = usage_in_openai(ended.usage)
    return {
        "content": text,
        "stop": True,
        "stop_type": "limit" if finish_reason_of(ended) == "length" else "eos",
        "tokens_predicted": usage["completion_tokens"],
        "tokens_evaluated": usage["prompt_tokens"],
        "truncated": False,
    }
