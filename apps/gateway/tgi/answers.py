"""Answers and errors in TGI's own shapes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from redis.exceptions import RedisError

from apps.accounts.models import ApiKey
from apps.gateway.access import json_response
from apps.gateway.answers import SECONDS_FOR_A_STATUS, failure_of, finish_reason_of, usage_in_openai, whole_text
from apps.gateway.errors import ApiError, InvalidRequest, ReplyFailed, RequestRefused, Unavailable
from apps.gateway.following import watch
from apps.gateway.sse import KEEP_ALIVE, event
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State


async def whole_generation(generation: Generation, key: ApiKey, *, echoed: str, details: bool) -> dict[str, Any]:
    """Wait for the reply. Raises ``RequestRefused``, ``ReplyFailed`` and ``InvalidKey``."""
    text, ended = await whole_text(generation, key)
    more = {"details": {**_details(ended), "prefill": [], "tokens": []}} if details else {}
    return {"generated_text": echoed + text, **more}


async def generation_events(generation: Generation, key: ApiKey, *, echoed: str) -> AsyncGenerator[bytes]:
    """Yield the reply as TGI streams tokens, though a piece may hold several; the last event has the whole text.

    A failure before anything was yielded raises ``RequestRefused`` or ``ReplyFailed``. Raises ``InvalidKey``.
    """
    pieces: list[str] = [echoed]
    has_begun = False
    try:
        async with aclosing(watch(generation, key, first_pulse=SECONDS_FOR_A_STATUS)) as watching:
            async for events in watching:
                if events is None:
                    has_begun = True
                    yield KEEP_ALIVE
                    continue
                if events.ended and events.ended.state == State.FAILED:
                    raise failure_of(generation, events.ended)
                if events.text:
                    has_begun = True
                    yield event(_token(len(pieces), events.text))
                    pieces.append(events.text)
                if events.ended:
                    has_begun = True
                    yield event(_last(len(pieces), "".join(pieces), events.ended))
    except (RequestRefused, ReplyFailed) as error:
        if not has_begun:
            raise
        yield event(body_of(error))
    except (RedisError, OSError):
        if not has_begun:
            raise
        yield event(body_of(Unavailable()))


def _token(index: int, text: str, *, is_special: bool = False) -> dict[str, Any]:
    """Return one piece. Its id and probability are not known: model servers do not all tell them."""
    token = {"id": 0, "text": text, "logprob": None, "special": is_special}
    return {"index": index, "token": token, "generated_text": None, "details": None}


def _last(index: int, text: str, ended: Ended) -> dict[str, Any]:
    prompt_tokens = usage_in_openai(ended.usage)["prompt_tokens"]
    details = {**_details(ended), "input_length": prompt_tokens}
    return {**_token(index, "", is_special=True), "generated_text": text, "details": details}


def _details(ended: Ended) -> dict[str, Any]:
    reason = "length" if finish_reason_of(ended) == "length" else "eos_token"
    return {
        "finish_reason": reason,
        "generated_tokens": usage_in_openai(ended.usage)["completion_tokens"],
        "seed": None,
    }


def body_of(error: ApiError) -> dict[str, str]:
    """Return the error. Without a type, Hugging Face's client tells its status."""
    kind = _type_of(error)
    return {"error": error.sentence, **({"error_type": kind} if kind else {})}


def _type_of(error: ApiError) -> str:
    if isinstance(error, InvalidRequest):
        return "validation"
    if isinstance(error, ReplyFailed):
        return "generation"
    is_busy = error.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return "overloaded" if is_busy else ""


def refusal(error: ApiError) -> HttpResponse:
    """Return the error with the status that TGI gives such an error."""
    status = HTTPStatus(error.status)
    if isinstance(error, InvalidRequest):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, ReplyFailed):
        status = HTTPStatus.FAILED_DEPENDENCY
    return json_response(body_of(error), status=status, headers=error.headers)
