"""Follow a generation for an API caller, from any offset and in any state."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from django.conf import settings

from apps.accounts.keys.api_keys import is_usable
from apps.accounts.models import ApiKey
from apps.gateway.errors import InvalidKey
from apps.gateway.sse import with_pulse
from apps.generation.log.entries import Ended, Events
from apps.generation.log.follower import follower
from apps.generation.models import Generation
from apps.generation.selectors import text_so_far
from apps.stores.threads import in_thread


async def watch(
    generation: Generation, key: ApiKey, *, after: int = 0, first_pulse: float | None = None
) -> AsyncGenerator[Events | None]:
    """Yield what ``follow`` yields, and ``None`` after each ``API_KEEP_ALIVE_SECONDS`` of silence.

    The first ``None`` comes after ``first_pulse`` seconds. Raises ``InvalidKey`` within about that time after the key
    was revoked.
    """
    seconds, time = settings.API_KEEP_ALIVE_SECONDS, asyncio.get_running_loop().time
    checked = time()
    async with aclosing(
        with_pulse(follow(generation, after=after), seconds=seconds, first=first_pulse or seconds)
    ) as pulsing:
        async for events in pulsing:
            if time() - checked >= seconds:
                if not await in_thread(is_usable)(key):
                    raise InvalidKey
                checked = time()
            yield events


async def follow(generation: Generation, *, after: int = 0) -> AsyncGenerator[Events]:
    """Yield what comes after ``after`` code points, until the end has been yielded."""
    if generation.is_over:
        yield await in_thread(_ending)(generation, after)
        return
    start = after
    if after > generation.text_length:  # the log's end may come before an offset that was never reached
        start = min(after, len(await in_thread(text_so_far)(generation)))
    async with aclosing(follower().follow(generation.pk, after=start)) as events:
        async for news in events:
            if news := _beyond(news, after):
                yield news


def _beyond(events: Events, after: int) -> Events:
    """Remove the text that the reader already has."""
    if events.offset >= after:
        return events
    offset = min(after, events.offset_after)
    return replace(events, offset=offset, text=events.text[offset - events.offset :])


def _ending(generation: Generation, after: int) -> Events:
    return Events(after, text=text_so_far(generation)[after:], ended=Ended.of(generation))


def read_now(generation: Generation) -> tuple[Generation, str]:
    """Return the generation as Postgres has it now, and its text so far."""
    now = Generation.objects.select_related("endpoint").get(pk=generation.pk)
    return now, text_so_far(now)
