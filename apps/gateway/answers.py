"""Answer a caller with the reply: whole, or in chunks."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from redis.exceptions import RedisError

from apps.accounts.models import ApiKey
from apps.gateway.callers.leaving import leave
from apps.gateway.errors import ApiError, ReplyFailed, RequestRefused, Unavailable
from apps.gateway.following import watch
from apps.gateway.logprobs import TokenReader
from apps.gateway.openai_format import AnswerFormat
from apps.gateway.selectors import model_of
from apps.gateway.sse import KEEP_ALIVE, event, together
from apps.generation.log.entries import Ended, Events
from apps.generation.models import Generation, State, Task
from apps.inference.errors import ContextTooLong, InvalidRequest
from apps.stores.threads import in_thread

DONE = b"data: [DONE]\n\n"
FAILED = "The reply failed."
SECONDS_FOR_A_STATUS = 1.0  # a stream that fails within this time is answered with an error status
# Errors of the model server that are the caller's own fault.
TOO_LONG = ContextTooLong.__name__
CALLERS_FAULT = {TOO_LONG, InvalidRequest.__name__}


@dataclass(slots=True)
class Reply:
    """One generation of a request, and the shape of its answer. The shape names the model once it is known."""

    generation: Generation
    shape: AnswerFormat
    is_named: bool = False

    def hear(self, events: Events) -> None:
        """Note the model that writes the reply, if the event log names it."""
        if events.model:
            self.shape.model, self.is_named = events.model, True

    async def name_model(self) -> None:
        """Read the model from Postgres if the event log did not name it: the reply ended before it was followed."""
        if not self.is_named:
            self.shape.model = await in_thread(model_of)(self.generation, asked=self.shape.model)
            self.is_named = True


@dataclass(slots=True)
class Rest:
    """The rest of a stream: the number of replies to come, and the usage of those that are over."""

    replies: int
    usage: Counter[str] = field(default_factory=Counter)


async def whole_answer(replies: Sequence[Reply], key: ApiKey) -> dict[str, Any]:
    """Wait for the replies. Raises ``RequestRefused``, ``ReplyFailed`` and ``InvalidKey``; then all are cancelled."""
    if len(replies) == 1:
        return await _whole(replies[0], key)
    tasks = [asyncio.create_task(_whole(reply, key)) for reply in replies]
    try:
        answers = await asyncio.gather(*tasks)
    except (RequestRefused, ReplyFailed):
        _leave_all(replies)
        raise
    finally:
        for task in tasks:
            task.cancel()
    usage: Counter[str] = Counter()
    for answer in answers:
        usage.update(answer["usage"])
    return {**answers[0], "choices": [answer["choices"][0] for answer in answers], "usage": usage}


async def _whole(reply: Reply, key: ApiKey) -> dict[str, Any]:
    text, ended = await whole_text(reply.generation, key, hear=reply.hear)
    await reply.name_model()
    tokens = None if reply.shape.likely is None else await TokenReader(reply.generation).take(text)
    return reply.shape.whole(text, finish_reason_of(ended), usage_in_openai(ended.usage), tokens)


async def whole_text(
    generation: Generation, key: ApiKey, *, hear: Callable[[Events], None] | None = None
) -> tuple[str, Ended]:
    """Wait for the reply's text and end; ``hear`` gets each event.

    Raises ``RequestRefused``, ``ReplyFailed`` and ``InvalidKey``.
    """
    pieces: list[str] = []
    ended = Ended(State.FAILED)
    async with aclosing(watch(generation, key)) as watching:
        async for events in watching:
            if events is None:
                continue
            if hear is not None:
                hear(events)
            pieces.append(events.text)
            ended = events.ended or ended
    if ended.state == State.FAILED:
        raise failure_of(generation, ended)
    return "".join(pieces), ended


async def answer_chunks(replies: Sequence[Reply], key: ApiKey) -> AsyncGenerator[bytes]:
    """Yield the replies as server-sent events. A failed reply ends all with an ``error`` in place of ``[DONE]``.

    Only keep-alives come before the first text, because only then it is known which model writes. A failure before
    anything was yielded raises ``RequestRefused`` or ``ReplyFailed``, so that it gets its own status. Raises
    ``InvalidKey``.
    """
    rest = Rest(len(replies))
    has_begun = False
    try:
        async with aclosing(together([_chunks(reply, rest, key) for reply in replies])) as chunks:
            async for chunk in chunks:
                has_begun = True
                yield chunk
    except (RequestRefused, ReplyFailed) as error:
        if len(replies) > 1:
            _leave_all(replies)
        if not has_begun:
            raise
        yield error_event(error)
    except (RedisError, OSError):
        if not has_begun:
            raise
        yield error_event(Unavailable())


async def _chunks(reply: Reply, rest: Rest, key: ApiKey) -> AsyncGenerator[bytes]:
    """Yield one reply, and the stream's end after the last. Raises ``RequestRefused`` and ``ReplyFailed``."""
    shape, is_open = reply.shape, False
    tokens = None if shape.likely is None else TokenReader(reply.generation)
    async with aclosing(watch(reply.generation, key, first_pulse=SECONDS_FOR_A_STATUS)) as watching:
        async for events in watching:
            if events is None:
                yield KEEP_ALIVE
                continue
            reply.hear(events)
            if events.ended and events.ended.state == State.FAILED and not is_open:
                raise failure_of(reply.generation, events.ended)
            if (events.text or events.ended) and not is_open:
                await reply.name_model()
                is_open = True
                yield event(shape.chunk(shape.opening()))
            if events.text:
                piece = shape.piece(events.text)
                if tokens is not None:
                    piece["logprobs"] = shape.logprobs(await tokens.take(events.text))
                yield event(shape.chunk(piece))
            if events.ended:
                yield _ending(reply, events.ended, rest)


def _ending(reply: Reply, ended: Ended, rest: Rest) -> bytes:
    if ended.state == State.FAILED:
        raise failure_of(reply.generation, ended)
    shape = reply.shape
    pieces = [event(shape.chunk(shape.piece(""), finish_reason_of(ended)))]
    rest.replies -= 1
    rest.usage.update(usage_in_openai(ended.usage))
    if not rest.replies:
        if shape.wants_usage:
            pieces.append(event(shape.usage_chunk(rest.usage)))
        pieces.append(DONE)
    return b"".join(pieces)


def _leave_all(replies: Sequence[Reply]) -> None:
    for reply in replies:
        leave(reply.generation.pk)


def failure_of(generation: Generation, ended: Ended) -> ApiError:
    sentence = ended.error or FAILED
    if ended.error_kind in CALLERS_FAULT:
        return RequestRefused(sentence, task=Task(generation.task), is_too_long=ended.error_kind == TOO_LONG)
    return ReplyFailed(sentence)


def finish_reason_of(ended: Ended) -> str:
    """Return the finish reason in OpenAI's words; "stop" for all others, such as a cancelled reply."""
    return ended.finish_reason if ended.finish_reason in ("length", "content_filter") else "stop"


def usage_in_openai(usage: Mapping[str, int | None]) -> dict[str, int]:
    """Return token counts; 0 if the model server reports none."""
    prompt, completion = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def error_event(error: ApiError) -> bytes:
    return event(error.body)
