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
from apps.gateway.logprobs import TokenReader, text_of
from apps.gateway.sse import KEEP_ALIVE, event
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State
from apps.inference.logprobs import ScoredToken

UNFINISHED = {"generated_text": None, "details": None}


async def whole_generation(
    generation: Generation, key: ApiKey, *, echoed: str, details: bool, scored: bool
) -> dict[str, Any]:
    """Wait for the reply; ``scored``: its tokens have log probabilities.

    Raises ``RequestRefused``, ``ReplyFailed`` and ``InvalidKey``.
    """
    text, ended = await whole_text(generation, key)
    if not details:
        return {"generated_text": echoed + text}
    tokens = await TokenReader(generation).take(text) if scored else []
    listed = {"tokens": [_of_scored(token) for token in tokens]}
    likely = {"top_tokens": [_likely(token) for token in tokens]} if scored else {}
    return {"generated_text": echoed + text, "details": {**_details(ended), "prefill": [], **listed, **likely}}


async def generation_events(generation: Generation, key: ApiKey, *, echoed: str, scored: bool) -> AsyncGenerator[bytes]:
    """Yield the reply as TGI streams tokens; the last event has the whole text.

    A piece may hold several tokens, unless they are ``scored``: then each has its own, with its log probability.
    A failure before anything was yielded raises ``RequestRefused`` or ``ReplyFailed``. Raises ``InvalidKey``.
    """
    pieces: list[str] = [echoed]
    has_begun = False
    tokens = TokenReader(generation) if scored else None
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
                    told = await _told(events.text, tokens, index=len(pieces))
                    yield b"".join(map(event, told))
                    pieces += [piece["token"]["text"] for piece in told]
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


async def _told(text: str, tokens: TokenReader | None, *, index: int) -> list[dict[str, Any]]:
    """Return the text as one piece, or its tokens, each with the tokens that were likely at its position."""
    if tokens is None:
        return [_token(index, text)]
    return [
        {"index": number, "token": _of_scored(token), "top_tokens": _likely(token), **UNFINISHED}
        for number, token in enumerate(await tokens.take(text), index)
    ]


def _token(index: int, text: str, *, is_special: bool = False) -> dict[str, Any]:
    """Return one piece, without id and probability: not all model servers report them."""
    token = {"id": 0, "text": text, "logprob": None, "special": is_special}
    return {"index": index, "token": token, **UNFINISHED}


def _of_scored(token: ScoredToken) -> dict[str, Any]:
    return {"id": token.id, "text": token.text, "logprob": token.logprob, "special": False}


def _likely(token: ScoredToken) -> list[dict[str, Any]]:
    return [
        {"id": one.id, "text": text_of(one, token), "logprob": one.logprob, "special": False} for one in token.likely
    ]


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
    """Return the error's JSON. For errors without a type, Hugging Face's client reports the status."""
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
