"""One stream, from a model server to the event log. Runs in the worker's event loop."""

import asyncio
import random
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.models import Generation, Task
from apps.generation.request_record import record_request
from apps.generation.worker.attempt import Attempt
from apps.generation.worker.chat_request import ChatRequestBuilder, Destination
from apps.generation.worker.completion_request import CompletionRequestBuilder
from apps.generation.worker.scored_text import ScoredText
from apps.generation.worker.scored_writer import ScoredWriter
from apps.generation.worker.stop_sequences import StopSequenceReader
from apps.inference.context import estimate_tokens
from apps.inference.errors import ContextTooLong, InferenceError
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatRequest, CompletionRequest, Delta, Usage

if TYPE_CHECKING:
    from apps.generation.worker.runtime import Runtime

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


async def begin_attempt(runtime: "Runtime", generation: Generation, *, model: str) -> Attempt:
    """Take the generation's log and hold the generation until ``runtime.let_go``.

    Waits while Redis is down. If the lease expires meanwhile, the next attempt takes over and this attempt is refused.
    Raises ``LogUnavailable``.
    """
    while True:
        try:
            opened = await store.open_log(
                runtime.redis,
                generation.pk,
                attempt=generation.attempt,
                checkpoint=generation.text,
                model=model,
            )
            break
        except (RedisError, OSError) as error:
            logger.warning("event log not reachable", generation=str(generation.pk), error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
    attempt = Attempt.resumed(generation.pk, attempt=generation.attempt, text=opened.text, saved=generation.text_length)
    attempt.tokens = (opened.tokens or estimate_tokens(opened.text)) if opened.text else 0
    attempt.sent = generation.sent
    runtime.hold(attempt)
    return attempt


async def stream(
    runtime: "Runtime", attempt: Attempt, generation: Generation, destination: Destination
) -> Delta | InferenceError | None:
    """Stream the rest of the reply into the log and return the last delta.

    The model continues the text so far. Returns the error that ended the stream early, or ``None`` if the attempt was
    stopped. All text received is in the log then.
    """
    task = asyncio.create_task(_stream(runtime, attempt, generation, destination))
    attempt.bind(task)
    try:
        ended: Delta | InferenceError = await task
    except asyncio.CancelledError:
        if attempt.stopped is not None:
            return None
        if attempt.dropped is None:
            raise
        ended = attempt.dropped
    except InferenceError as error:
        logger.warning("stream failed", generation=str(attempt.generation_id), error=type(error).__name__)
        # A reply that no longer fits the window with its question has reached its greatest length.
        is_full = isinstance(error, ContextTooLong) and attempt.length > 0
        ended = Delta("", finish_reason="length") if is_full else error
    attempt.asked_at = None
    await attempt.wait_until_appended()
    return None if attempt.stopped else ended


async def pause(attempt: Attempt, seconds: float) -> None:
    """Wait ``seconds`` plus up to half as much at random (no thundering herd), or until the attempt is stopped."""
    task = asyncio.create_task(asyncio.sleep(seconds * random.uniform(1.0, 1.5)))  # noqa: S311 - not a secret
    attempt.bind(task)
    await asyncio.wait([task])


def _note(attempt: Attempt, destination: Destination, request: ChatRequest | CompletionRequest) -> None:
    """Note the request record; the next checkpoint or the end stores it."""
    sent = record_request(
        destination.server,
        request,
        endpoint=destination.endpoint,
        protocol=destination.protocol,
        window=destination.window,
        left_out=attempt.left_out or 0,
        continued=attempt.length,
        cut_before=attempt.cut.before,
        cut_after=attempt.cut.after,
        order=attempt.order,
    )
    attempt.note_sent(sent)


async def _stream(runtime: "Runtime", attempt: Attempt, generation: Generation, destination: Destination) -> Delta:
    protocol, pace = protocol_named(destination.protocol), runtime.log_writer.pace
    if generation.task == Task.CHAT:
        asked = await ChatRequestBuilder(runtime.http, protocol, destination).request_for(generation, attempt)
        _note(attempt, destination, asked)
        replying = protocol.stream_chat(runtime.http, destination.server, asked, destination.timeouts, pace)
        reader = StopSequenceReader.of_chat(asked)
    else:
        request, reader = await CompletionRequestBuilder(runtime.http, protocol, destination).request_for(
            generation, attempt
        )
        _note(attempt, destination, request)
        replying = protocol.stream_completion(runtime.http, destination.server, request, destination.timeouts, pace)
    scored = _scored_writer(runtime, attempt, generation, destination)
    last, tokens_before = Delta(""), attempt.tokens
    attempt.asked_at = asyncio.get_running_loop().time()
    async with aclosing(replying) as deltas:
        async for delta in deltas:
            attempt.asked_at = None
            last = reader.read(delta)
            attempt.tokens += delta.tokens
            if scored is not None:
                await scored.write(last)
            elif last.text:
                runtime.log_writer.append(attempt, last.text)
            if last.finish_reason:
                break
    if last.usage is None:
        return last
    attempt.tokens = tokens_before + last.usage.completion_tokens
    return replace(last, usage=_of_this_reply(last.usage, continued=tokens_before))


def _scored_writer(
    runtime: "Runtime", attempt: Attempt, generation: Generation, destination: Destination
) -> ScoredWriter | None:
    """Return the writer of a reply that is asked for with log probabilities."""
    if "logprobs" not in destination.parameters:
        return None
    text = ScoredText(drops_leading_space=generation.task == Task.CHAT)
    return ScoredWriter(runtime.redis, attempt, text)


def _of_this_reply(usage: Usage, *, continued: int) -> Usage:
    """Return the usage without the ``continued`` tokens of the reply that were sent along as prompt."""
    given = usage.prompt_tokens
    return Usage(None if given is None else max(0, given - continued), usage.completion_tokens)
