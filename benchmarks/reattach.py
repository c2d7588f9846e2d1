"""Measure how long it takes to resume a running reply, by its length: by the API's events and by the page.

    uv run python -m benchmarks.reattach [TOKENS ...]

The reply's text is in the event log and in its checkpoint, as after a minute of writing. Milliseconds are medians, from
the request to the whole text.
"""

import statistics
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from http.client import HTTPConnection

from benchmarks.live_stack import LivePathStack  # sets Django up

# isort: split
from asgiref.sync import async_to_sync
from django.utils import timezone

from apps.accounts.keys.api_keys import issue_api_key
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.stores.redis import async_client
from benchmarks.stack import sign_in

LENGTHS = (100, 1_000, 5_000, 20_000)
TIMES = 10
PARAGRAPH = "The list grows by one. Its `append` takes constant time, which the **loop** needs.\n\n"
TOKENS_PER_PARAGRAPH = 20


def reply_under_way(tokens: int) -> tuple[Conversation, str]:
    """Return a conversation whose reply stays running without new text, and the owner's cookie."""
    owner, cookie = sign_in(f"bench-back-{tokens}")
    exchange = start_conversation(owner=owner, text="stamp 1 at 50 per second")
    replies = Generation.objects.filter(pk=exchange.reply.generation_id)
    while not replies.filter(ended_at__isnull=False).exists():
        time.sleep(0.1)
    text = PARAGRAPH * (tokens // TOKENS_PER_PARAGRAPH)
    lease = timezone.now() + timedelta(hours=1)
    attempt = replies.get().attempt + 1
    replies.update(
        state=State.RUNNING, attempt=attempt, ended_at=None, lease_expires_at=lease, text=text, text_length=len(text)
    )
    store.begin_anew(replies.get().pk, attempt=attempt, text=text, tokens=tokens)
    async_to_sync(_take)(replies.get())
    return exchange.conversation, cookie


async def _take(generation: Generation) -> None:
    client = async_client()
    await store.open_log(client, generation.pk, attempt=generation.attempt, checkpoint=generation.text)
    await client.aclose()


def seconds_of(stack: LivePathStack, path: str, headers: dict[str, str], end: bytes) -> float:
    """Return the seconds from the request for a path until ``end`` was read."""
    connection = HTTPConnection("127.0.0.1", stack.port)
    began, seen = time.perf_counter(), b""
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    while end not in seen:
        piece = response.read1(1_000_000)
        if not piece:
            raise RuntimeError(f"{path}: {response.status} {seen[-300:]!r}")
        seen = seen[-len(end) :] + piece
    took = time.perf_counter() - began
    connection.close()
    return took


def measure(stack: LivePathStack, lengths: Sequence[int] = LENGTHS) -> dict[str, float]:
    """Return milliseconds by the kind of request."""
    found = {}
    for tokens in lengths:
        conversation, cookie = reply_under_way(tokens)
        generation = Generation.objects.get(owner=conversation.owner)
        key = issue_api_key(owner=conversation.owner)
        offset = generation.text_length
        asked = {
            "the API's events": (
                f"/v1/generations/{generation.pk}/events?after=0",
                {"Authorization": f"Bearer {key}"},
                f"id: {offset}\n".encode(),
            ),
            "the page": (conversation.get_absolute_url(), {"Cookie": cookie}, b"</html>"),
        }
        for what, request in asked.items():
            seconds = [seconds_of(stack, *request) for _ in range(TIMES)]
            found[f"{what} with a reply of {tokens:,} tokens, ms"] = 1000 * statistics.median(seconds)
        Generation.objects.filter(pk=generation.pk).delete()
    return found


def main(lengths: Sequence[int]) -> None:
    stack = LivePathStack()
    try:
        for name, figure in measure(stack, lengths).items():
            print(f"{name:>60}: {figure:,.1f}")
    finally:
        stack.stop()


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or LENGTHS)
