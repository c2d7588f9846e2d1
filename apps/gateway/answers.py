"""Answers to whoever asked for a reply: whole, and in chunks."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from redis.exceptions import RedisError

from apps.accounts.models import ApiKey
from apps.gateway.errors import ApiError, ReplyFailed, Unavailable
from apps.gateway.following import watch
from apps.gateway.openai_format import Wording
from apps.gateway.sse import KEEP_ALIVE, event
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State

DONE = b"data: [DONE]\n\n"
FAILED = "The reply failed."


async def whole_answer(generation: Generation, wording: Wording, key: ApiKey) -> dict[str, Any]:
    """Wait for the reply. Raises ``ReplyFailed`` and ``InvalidKey``."""
    pieces: list[str] = []
    ended = Ended(State.FAILED)
    async with aclosing(watch(generation, key)) as watching:
        async for events in watching:
            if events is not None:
                pieces.append(events.text)
                ended = events.ended or ended
    if ended.state == State.FAILED:
        raise ReplyFailed(ended.error or FAILED)
    return wording.whole("".join(pieces), finish_reason_of(ended), usage_in_openai(ended.usage))


async def answer_chunks(generation: Generation, wording: Wording, key: ApiKey) -> AsyncGenerator[bytes]:
    """The reply as server-sent events; one that fails ends with an ``error`` in place of ``[DONE]``.

    Raises ``InvalidKey``.
    """
    yield event(wording.chunk(wording.opening()))
    try:
        async with aclosing(watch(generation, key)) as watching:
            async for events in watching:
                if events is None:
                    yield KEEP_ALIVE
                    continue
                if events.text:
                    yield event(wording.chunk(wording.piece(events.text)))
                if events.ended:
                    yield _ending(wording, events.ended)
    except (RedisError, OSError):
        yield error_event(Unavailable())


def _ending(wording: Wording, ended: Ended) -> bytes:
    if ended.state == State.FAILED:
        return error_event(ReplyFailed(ended.error or FAILED))
    pieces = [event(wording.chunk(wording.piece(""), finish_reason_of(ended)))]
    if wording.wants_usage:
        pieces.append(event(wording.usage_chunk(usage_in_openai(ended.usage))))
    return b"".join([*pieces, DONE])


def finish_reason_of(ended: Ended) -> str:
    """Return the reason in OpenAI's words; anything else, a cancelled reply too, has stopped."""
    return ended.finish_reason if ended.finish_reason in ("length", "content_filter") else "stop"


def usage_in_openai(usage: Mapping[str, int | None]) -> dict[str, int]:
    """Token counts; 0 where the model server does not say."""
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def error_event(error: ApiError) -> bytes:
    return event(error.body)
