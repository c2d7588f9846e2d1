"""Chat completions in OpenAI's words, whole and in chunks."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from redis.exceptions import RedisError

from apps.gateway.errors import ApiError, ReplyFailed, Unavailable
from apps.gateway.following import follow
from apps.gateway.forms import ChatCompletion
from apps.gateway.sse import KEEP_ALIVE, KEEP_ALIVE_SECONDS, event, with_pulse
from apps.generation.events import Ended
from apps.generation.models import Generation, State

DONE = b"data: [DONE]\n\n"
FAILED = "The reply failed."


async def whole_completion(generation: Generation, asked: ChatCompletion) -> dict[str, Any]:
    """Wait for the reply. Raises ``ReplyFailed``."""
    pieces: list[str] = []
    ended = Ended(State.FAILED)
    async for events in follow(generation):
        pieces.append(events.text)
        ended = events.ended or ended
    if ended.state == State.FAILED:
        raise ReplyFailed(ended.error or FAILED)
    message = {"role": "assistant", "content": "".join(pieces), "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason_of(ended)}
    return {**_head(generation, asked, "chat.completion"), "choices": [choice], "usage": usage_in_openai(ended.usage)}


async def completion_chunks(generation: Generation, asked: ChatCompletion) -> AsyncGenerator[bytes]:
    """The reply as server-sent events; one that fails ends with an ``error`` in place of ``[DONE]``."""
    head = _head(generation, asked, "chat.completion.chunk")
    if asked.wants_usage:
        head["usage"] = None
    yield event({**head, "choices": [_choice({"role": "assistant", "content": ""})]})
    try:
        async for events in with_pulse(follow(generation), seconds=KEEP_ALIVE_SECONDS):
            if events is None:
                yield KEEP_ALIVE
                continue
            if events.text:
                yield event({**head, "choices": [_choice({"content": events.text})]})
            if events.ended:
                for piece in _ending(head, events.ended, asked):
                    yield piece
    except (RedisError, OSError):
        yield _error(Unavailable())


def _ending(head: Mapping[str, Any], ended: Ended, asked: ChatCompletion) -> list[bytes]:
    if ended.state == State.FAILED:
        return [_error(ReplyFailed(ended.error or FAILED))]
    pieces = [event({**head, "choices": [_choice({}, finish_reason_of(ended))]})]
    if asked.wants_usage:
        pieces.append(event({**head, "choices": [], "usage": usage_in_openai(ended.usage)}))
    return [*pieces, DONE]


def finish_reason_of(ended: Ended) -> str:
    """OpenAI has no word for a cancelled reply: it stopped."""
    return ended.finish_reason or "stop"


def usage_in_openai(usage: Mapping[str, int | None]) -> dict[str, int]:
    """Token counts; 0 where the model server does not say."""
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _head(generation: Generation, asked: ChatCompletion, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{generation.pk}",
        "object": kind,
        "created": int(generation.created_at.timestamp()),
        "model": asked.model,
    }


def _choice(delta: Mapping[str, str], finish_reason: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}


def _error(error: ApiError) -> bytes:
    return event(error.body)
