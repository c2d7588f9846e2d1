"""Simulated people who ask for replies and follow them, and the text that each of them saw."""

import asyncio
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp

from benchmarks.stack import sign_in  # sets Django up

# isort: split
from apps.chat.live.cursor import Cursor
from apps.chat.live.moments import moment_now
from apps.chat.models import Conversation
from apps.chat.services.messages.send import start_conversation
from apps.generation.models import Generation
from benchmarks.stamping_model import milliseconds

PER_SECOND = 50
STAMP = re.compile(r"t(\d+)x(\d+)")


@dataclass
class Person:
    """A person who waits for a reply, and the tokens seen so far."""

    cookie: str = ""
    conversation: Any = None
    posted: float = 0.0
    posted_ms: int = 0
    first_ms: float = 0.0
    last: float = 0.0
    relay: list[int] = field(default_factory=list)
    seen: int = 0
    is_over: bool = False

    def begin(self) -> None:
        """Note the time at which the reply is requested."""
        self.posted, self.posted_ms = time.perf_counter(), milliseconds()

    def take(self, text: str) -> None:
        """Note every token that is new in ``text``."""
        now = milliseconds()
        for number, stamp in STAMP.findall(text):
            if int(number) >= self.seen and int(stamp) >= self.posted_ms:  # skip the tokens of an earlier reply
                if not self.seen:
                    self.first_ms = (time.perf_counter() - self.posted) * 1000
                self.seen = int(number) + 1
                self.relay.append(now - int(stamp))
                self.last = time.perf_counter()


def people(count: int) -> list[Person]:
    """Sign in ``count`` people and give each a conversation with one reply."""
    found = []
    for number in range(count):
        user, cookie = sign_in(f"bench-{number}")
        conversation = Conversation.objects.filter(owner=user).first()
        if conversation is None:
            conversation = start_conversation(owner=user, text="stamp 1 at 50 per second").conversation
        found.append(Person(cookie, conversation))
    give_up = time.monotonic() + 120
    while Generation.objects.active().exists() and time.monotonic() < give_up:
        time.sleep(0.2)
    return found


async def follow(person: Person, session: aiohttp.ClientSession, question: str, *, site: str) -> None:
    """Open the conversation's socket, post the form, and read the reply to its end."""
    address = f"{site}{person.conversation.get_absolute_url()}"
    headers = {"Cookie": f"{person.cookie}; csrftoken={'c' * 32}", "Origin": site, "Referer": address}
    cursor = urlencode({"since": str(Cursor(moment_now().isoformat()))})
    socket = f"{site}/ws/chat/{person.conversation.pk}/?{cursor}"
    async with session.ws_connect(socket, headers=headers, max_msg_size=0) as frames:
        await frames.receive()  # the first heartbeat
        person.begin()
        posting = asyncio.create_task(post(session, address, headers, question))
        async for frame in frames:
            text = frame.data
            person.take(text)
            if 'data-role="assistant" data-state="succeeded"' in text and person.seen:
                person.is_over = True
                break
        await posting


async def post(session: aiohttp.ClientSession, address: str, headers: dict[str, str], question: str) -> None:
    form = {"message": question, "key": str(uuid4()), "csrfmiddlewaretoken": "c" * 32}
    async with session.post(address, data=form, headers={**headers, "HX-Request": "true"}) as answer:
        body = await answer.text()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {body[:300]}")


async def straight(person: Person, session: aiohttp.ClientSession, question: str, *, url: str) -> None:
    """Ask the model server directly, with the same client."""
    person.begin()
    body = {"messages": [{"role": "user", "content": question}], "stream": True}
    async with session.post(f"{url}/v1/chat/completions", json=body) as answer:
        async for line in answer.content:
            person.take(line.decode())
    person.is_over = True
