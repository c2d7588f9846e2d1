"""``/v1/generations/<id>``: show, follow or cancel a generation."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from redis.exceptions import RedisError

from apps.accounts.models import ApiKey
from apps.gateway.access import api_view, json_response
from apps.gateway.answers import usage_in_openai
from apps.gateway.callers.caller import ReplyStream
from apps.gateway.errors import InvalidKey, InvalidRequest, NotFound, TooManyRequests
from apps.gateway.following import read_now, watch
from apps.gateway.sse import KEEP_ALIVE, begun, event
from apps.generation.errors import TooManyConnections
from apps.generation.live_connections import live_connections
from apps.generation.log.entries import Ended, Events
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation
from apps.stores.threads import in_thread

LARGEST_OFFSET = 2**53


@api_view("GET")
async def show_generation(request: HttpRequest, key: ApiKey, generation_id: UUID) -> HttpResponse:  # noqa: ARG001
    """Show the generation's state and its text so far."""
    return await _shown(await _generation_for(key, generation_id))


@api_view("POST")
async def cancel(request: HttpRequest, key: ApiKey, generation_id: UUID) -> HttpResponse:  # noqa: ARG001
    """Cancel the generation and show it; one that is over does not change."""
    generation = await _generation_for(key, generation_id)
    await in_thread(cancel_generation)(generation_id=generation.pk)
    return await _shown(generation)


@api_view("GET")
async def generation_events(request: HttpRequest, key: ApiKey, generation_id: UUID) -> HttpResponseBase:
    """Stream what comes after an offset as server-sent events. Leaving them does not cancel the generation."""
    after = _offset_from(request)
    generation = await _generation_for(key, generation_id)
    try:
        events = await begun(_events(generation, after, key))
    except TooManyConnections as error:
        raise TooManyRequests(error.sentence, Retry_After="5") from None
    return ReplyStream(events, generations=[generation])


async def _generation_for(key: ApiKey, generation_id: UUID) -> Generation:
    """Return a generation of the key's owner; a limited key finds only its own. Raises ``NotFound`` otherwise."""

    def find() -> Generation | None:
        visible = Generation.objects.visible_to(key.owner)
        if key.is_limited:
            visible = visible.filter(api_key=key)
        return visible.filter(pk=generation_id).first()

    if (generation := await in_thread(find)()) is None:
        raise NotFound("There is no such generation.")
    return generation


def _offset_from(request: HttpRequest) -> int:
    """Return the offset; ``Last-Event-ID`` wins, since a browser repeats the old address when it reconnects."""
    given = request.headers.get("Last-Event-ID") or request.GET.get("after") or "0"
    if not (given.isascii() and given.isdigit()) or int(given[:20]) > LARGEST_OFFSET:
        raise InvalidRequest("The offset must be a whole number of characters.", param="after")
    return int(given)


async def _events(generation: Generation, after: int, key: ApiKey) -> AsyncGenerator[bytes]:
    """Yield the events. Raises ``TooManyConnections`` before the first."""
    async with live_connections().hold_for(key.owner_id):
        yield KEEP_ALIVE if generation.is_over else _state(generation.state)
        try:
            async with aclosing(watch(generation, key, after=after)) as watching:
                async for news in watching:
                    yield KEEP_ALIVE if news is None else _written(news)
        except (RedisError, OSError, InvalidKey):
            return  # No end event: the caller reconnects and continues at its offset, if its key still works.


def _written(news: Events) -> bytes:
    pieces = []
    if news.state is not None and not news.ended:
        pieces.append(_state(news.state, news.position.number if news.position else None))
    if news.text:
        delta = {"offset": news.offset, "text": news.text}
        pieces.append(event(delta, name="delta", event_id=news.offset_after))
    if news.ended:
        pieces.append(event(_end(news.ended), name="end"))
    return b"".join(pieces)


def _state(state: str, position: int | None = None) -> bytes:
    return event({"state": state, "position": position}, name="state")


def _end(ended: Ended) -> dict[str, Any]:
    return {
        "state": ended.state,
        "finish_reason": ended.finish_reason or None,
        "usage": usage_in_openai(ended.usage),
        "error": ended.error or None,
    }


async def _shown(generation: Generation) -> HttpResponse:
    now, text = await in_thread(read_now)(generation)
    usage = {"prompt_tokens": now.prompt_tokens, "completion_tokens": now.completion_tokens}
    content = {
        "id": now.pk,
        "object": "generation",
        "state": now.state,
        "task": now.task,
        "variant": now.variant,
        "endpoint": now.endpoint.name if now.endpoint else None,
        "text": text,
        "offset": len(text),
        "finish_reason": now.finish_reason or None,
        "usage": usage_in_openai(usage),
        "timings": {
            "created_at": now.created_at,
            "started_at": now.started_at,
            "first_token_at": now.first_token_at,
            "ended_at": now.ended_at,
            "seconds_to_first_token": now.seconds_to_first_token,
            "tokens_per_second": now.tokens_per_second,
        },
        "error": now.error or None,
    }
    return json_response(content, headers={"X-Generation-Id": str(now.pk)})
