"""Answer a caller with the reply: whole, or in chunks."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from redis.exceptions import RedisError

from apps.accounts.models import ApiKey
from apps.gateway.errors import ApiError, ReplyFailed, RequestRefused, Unavailable
from apps.gateway.following import watch
from apps.gateway.openai_format import AnswerFormat
from apps.gateway.selectors import model_of
from apps.gateway.sse import KEEP_ALIVE, event
from apps.generation.log.entries import Ended
from apps.generation.models import Generation, State
from apps.inference.errors import ContextTooLong, InvalidRequest
from apps.stores.threads import in_thread

DONE = b"data: [DONE]\n\n"
FAILED = "The reply failed."
SECONDS_FOR_A_STATUS = 1.0  # a stream that fails within this time is answered with an error status
# Errors of the model server that are the caller's own fault.
TOO_LONG = ContextTooLong.__name__
CALLERS_FAULT = {TOO_LONG, InvalidRequest.__name__}


async def whole_answer(generation: Generation, answer: AnswerFormat, key: ApiKey) -> dict[str, Any]:
    """Wait for the reply. Raises ``RequestRefused``, ``ReplyFailed`` and ``InvalidKey``."""
    pieces: list[str] = []
    ended = Ended(State.FAILED)
    async with aclosing(watch(generation, key)) as watching:
        async for events in watching:
            if events is not None:
                pieces.append(events.text)
                ended = events.ended or ended
    if ended.state == State.FAILED:
        raise _failure(ended)
    answer.model = await in_thread(model_of)(generation, asked=answer.model)
    return answer.whole("".join(pieces), finish_reason_of(ended), usage_in_openai(ended.usage))


async def answer_chunks(generation: Generation, answer: AnswerFormat, key: ApiKey) -> AsyncGenerator[bytes]:
    """Yield the reply as server-sent events. A failed reply ends with an ``error`` in place of ``[DONE]``.

    Only keep-alives come before the first text, because only then it is known which model writes. A failure before
    anything was yielded raises ``RequestRefused`` or ``ReplyFailed``, so that it gets its own status. Raises
    ``InvalidKey``.
    """
    is_open = has_begun = False
    try:
        async with aclosing(watch(generation, key, first_pulse=SECONDS_FOR_A_STATUS)) as watching:
            async for events in watching:
                if events is None:
                    has_begun = True
                    yield KEEP_ALIVE
                    continue
                if events.ended and events.ended.state == State.FAILED and not has_begun:
                    raise _failure(events.ended)
                if (events.text or events.ended) and not is_open:
                    answer.model = await in_thread(model_of)(generation, asked=answer.model)
                    is_open = has_begun = True
                    yield event(answer.chunk(answer.opening()))
                if events.text:
                    yield event(answer.chunk(answer.piece(events.text)))
                if events.ended:
                    yield _ending(answer, events.ended)
    except (RedisError, OSError):
        if not has_begun:
            raise
        yield error_event(Unavailable())


def _ending(answer: AnswerFormat, ended: Ended) -> bytes:
    if ended.state == State.FAILED:
        return error_event(_failure(ended))
    pieces = [event(answer.chunk(answer.piece(""), finish_reason_of(ended)))]
    if answer.wants_usage:
        pieces.append(event(answer.usage_chunk(usage_in_openai(ended.usage))))
    return b"".join([*pieces, DONE])


def _failure(ended: Ended) -> ApiError:
    sentence = ended.error or FAILED
    if ended.error_kind in CALLERS_FAULT:
        return RequestRefused(sentence, is_too_long=ended.error_kind == TOO_LONG)
    return ReplyFailed(sentence)


def finish_reason_of(ended: Ended) -> str:
    """Return the reason in OpenAI's words; anything else, a cancelled reply too, has stopped."""
    return ended.finish_reason if ended.finish_reason in ("length", "content_filter") else "stop"


def usage_in_openai(usage: Mapping[str, int | None]) -> dict[str, int]:
    """Return token counts; 0 if the model server reports none."""
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def error_event(error: ApiError) -> bytes:
    return event(error.body)
