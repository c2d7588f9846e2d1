"""One stream, from a model server to the event log. Runs in the worker's event loop."""

import asyncio
import random
from contextlib import aclosing
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.models import Generation, Task
from apps.generation.request_record import now_sent
from apps.generation.worker.chat_request import Asking, Destination
from apps.generation.worker.completion_request import Completing
from apps.generation.worker.run import Run
from apps.generation.worker.stop_sequences import Reader
from apps.inference.context import estimate_tokens
from apps.inference.errors import InferenceError
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatRequest, CompletionRequest, Delta

if TYPE_CHECKING:
    from apps.generation.worker.runtime import Runtime

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.5


async def open_run(runtime: "Runtime", generation: Generation) -> Run:
    """Take the generation's log and begin to hold it; ``runtime.let_go`` ends that.

    Waits for Redis if need be; should that outlast the lease, another attempt takes over and this one is refused.
    Raises ``LogUnavailable``.
    """
    while True:
        try:
            text = await store.open_log(
                runtime.redis, generation.pk, attempt=generation.attempt, checkpoint=generation.text
            )
            tokens = await store.tokens_written(runtime.redis, generation.pk)
            break
        except (RedisError, OSError) as error:
            logger.warning("event log not reachable", generation=str(generation.pk), error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
    run = Run.resumed(generation.pk, attempt=generation.attempt, text=text, saved=generation.text_length)
    run.tokens = (tokens or estimate_tokens(text)) if text else 0
    run.sent = generation.sent
    runtime.hold(run)
    return run


async def stream(
    runtime: "Runtime", run: Run, generation: Generation, destination: Destination
) -> Delta | InferenceError | None:
    """Stream into the log what is missing of the reply, and return the last delta.

    A run that has text already is continued: the model is given its own words and goes on from there. Returns the
    error that ended the stream early, or ``None`` where the run was stopped; all text received is in the log.
    """
    task = asyncio.create_task(_stream(runtime, run, generation, destination))
    run.bind(task)
    try:
        ended: Delta | InferenceError = await task
    except asyncio.CancelledError:
        if run.stopped is not None:
            return None
        if run.dropped is None:
            raise
        ended = run.dropped
    except InferenceError as error:
        logger.warning("stream failed", generation=str(run.generation_id), error=type(error).__name__)
        ended = error
    run.asked_at = None
    await run.wait_until_appended()
    return None if run.stopped else ended


async def pause(run: Run, seconds: float) -> None:
    """Wait that long and a little longer, so that not all come back at once; or until the run is stopped."""
    task = asyncio.create_task(asyncio.sleep(seconds * random.uniform(1.0, 1.5)))  # noqa: S311 - not a secret
    run.bind(task)
    await asyncio.wait([task])


def _note(run: Run, destination: Destination, request: ChatRequest | CompletionRequest) -> None:
    """Keep what is about to be sent; it is stored with the next checkpoint, or at the end."""
    sent = now_sent(
        destination.server,
        request,
        endpoint=destination.endpoint,
        protocol=destination.protocol,
        window=destination.window,
        left_out=run.left_out or 0,
        continued=run.length,
    )
    run.note_sent(sent)


async def _stream(runtime: "Runtime", run: Run, generation: Generation, destination: Destination) -> Delta:
    protocol = protocol_named(destination.protocol)
    if generation.task == Task.CHAT:
        asked = await Asking(runtime.http, protocol, destination).request_for(generation, run)
        _note(run, destination, asked)
        replying = protocol.stream_chat(runtime.http, destination.server, asked, destination.timeouts)
        reader = Reader.of_chat(asked)
    else:
        request, reader = await Completing(runtime.http, protocol, destination).request_for(generation, run)
        _note(run, destination, request)
        replying = protocol.stream_completion(runtime.http, destination.server, request, destination.timeouts)
    last = Delta("")
    run.asked_at = asyncio.get_running_loop().time()
    async with aclosing(replying) as deltas:
        async for delta in deltas:
            run.asked_at = None
            last = reader.read(delta)
            run.tokens += delta.tokens
            if last.text:
                runtime.log_writer.append(run, last.text)
            if last.finish_reason:
                break
    return last
