"""One stream, from the model server to the event log. Runs in the worker's event loop."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog
from redis.exceptions import RedisError

from apps.generation import event_log
from apps.generation.errors import LogUnavailable
from apps.generation.models import Generation, State
from apps.generation.runs import Run, StopReason
from apps.generation.services.finish import Outcome
from apps.inference.errors import InferenceError
from apps.inference.protocols import protocol_named
from apps.inference.protocols.base import ChatMessage, ChatRequest, Delta, Timeouts
from apps.inference.server import Server

if TYPE_CHECKING:
    from apps.generation.runtime import Runtime

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Destination:
    """Which model server a generation goes to, and how to speak to it."""

    server: Server
    protocol: str


async def relay(runtime: "Runtime", generation: Generation, destination: Destination) -> Outcome | StopReason:
    """Stream the reply into the log and return how it ended, or why it was stopped before that.

    A generation that has text already is continued: the model is given its own words and goes on from there.
    """
    try:
        text = await _open_log(runtime, generation)
    except LogUnavailable:
        return StopReason.LOST
    run = Run.resumed(generation.pk, attempt=generation.attempt, text=text, saved=generation.text_length)
    stream = asyncio.create_task(_stream(runtime, run, _request(generation, text), destination))
    run.bind(stream)
    with runtime.holding(run):
        try:
            last = await stream
            await run.wait_until_appended()
        except asyncio.CancelledError:
            if run.stopped is None:
                raise
        except InferenceError as error:
            logger.warning("generation failed", generation=str(generation.pk), error=type(error).__name__)
            await run.wait_until_appended()
            return run.stopped or _failed(run, generation, error)
        return run.stopped or _succeeded(run, generation, last)


async def _open_log(runtime: "Runtime", generation: Generation) -> str:
    """Wait for Redis if need be. Should that outlast the lease, another attempt takes over and this one is refused."""
    while True:
        try:
            return await event_log.open_log(
                runtime.redis, generation.pk, attempt=generation.attempt, checkpoint=generation.text
            )
        except (RedisError, OSError) as error:
            logger.warning("event log not reachable", generation=str(generation.pk), error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)


async def _stream(runtime: "Runtime", run: Run, request: ChatRequest, destination: Destination) -> Delta:
    protocol = protocol_named(destination.protocol)
    last = Delta("")
    async with aclosing(protocol.stream_chat(runtime.http, destination.server, request, Timeouts())) as deltas:
        async for delta in deltas:
            if delta.text:
                runtime.log_writer.append(run, delta.text)
            last = delta
    return last


def _request(generation: Generation, text: str) -> ChatRequest:
    messages = [ChatMessage(message["role"], message["content"]) for message in generation.messages]
    if text:
        messages.append(ChatMessage("assistant", text))
    parameters: dict[str, Any] = generation.parameters
    return ChatRequest(messages=messages, **parameters)


def _succeeded(run: Run, generation: Generation, last: Delta) -> Outcome:
    return Outcome(
        state=State.SUCCEEDED,
        text=run.text,
        finish_reason=last.finish_reason or "",
        prompt_tokens=last.usage.prompt_tokens if last.usage else None,
        completion_tokens=last.usage.completion_tokens if last.usage else None,
        first_token_at=generation.first_token_at or run.first_token_at,
    )


def _failed(run: Run, generation: Generation, error: InferenceError) -> Outcome:
    return Outcome(
        state=State.FAILED,
        text=run.text,
        error=error.sentence,
        first_token_at=generation.first_token_at or run.first_token_at,
    )
