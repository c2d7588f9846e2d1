"""Follows a generation for an API caller, from any offset, whether it is waiting, running or over."""

from collections.abc import AsyncGenerator

from redis.exceptions import RedisError

from apps.generation import event_log
from apps.generation.events import Ended, Events, GapInLog
from apps.generation.following import follower
from apps.generation.models import Generation, State
from apps.generation.selectors import text_so_far
from apps.generation.threads import in_thread


async def follow(generation: Generation, *, after: int = 0) -> AsyncGenerator[Events]:
    """Yield what comes after ``after`` code points, until the end has been yielded."""
    if generation.is_over:
        yield await in_thread(_ending)(generation, after)
        return
    events = follower().follow(generation.pk, after=after)
    try:
        async for news in events:
            yield news
    finally:
        await events.aclose()


def _ending(generation: Generation, after: int) -> Events:
    usage = {"prompt_tokens": generation.prompt_tokens, "completion_tokens": generation.completion_tokens}
    ended = Ended(State(generation.state), generation.finish_reason, generation.error, usage)
    return Events(after, text=whole_text(generation)[after:], ended=ended)


def whole_text(generation: Generation) -> str:
    """The text so far; of one cancelled this moment it may be ahead of what Postgres has."""
    if generation.state != State.CANCELLED:
        return text_so_far(generation)
    try:
        return generation.text + event_log.read_log(generation.pk, after=len(generation.text)).text
    except (RedisError, GapInLog):
        return generation.text


def read_now(generation: Generation) -> tuple[Generation, str]:
    """The generation as Postgres has it now, and its text so far."""
    now = Generation.objects.select_related("endpoint").get(pk=generation.pk)
    return now, whole_text(now)
