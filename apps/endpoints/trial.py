"""The steps of a test: what a server must do before anybody depends on it. Plain asyncio, no database.

Each step returns a sentence about what it found, or raises: an ``InferenceError`` fails it, ``NotOffered`` says that
the server is not expected to do this. After a failure of the first two nothing else is tried.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

import aiohttp

from apps.endpoints.tokens import unseal
from apps.endpoints.trial_record import Candidate, Outcome, StepResult
from apps.inference.connection import open_session
from apps.inference.errors import AuthenticationFailed, InferenceError, Unreachable
from apps.inference.protocols import protocol_named
from apps.inference.protocols.base import ChatMessage, ChatRequest, Delta, Timeouts
from apps.inference.server import Server

STEPS = {
    "reachability": "Reach the server",
    "authentication": "Use the token",
    "tokenization": "Count tokens",
    "chat": "Answer with one token",
    "streaming": "Stream a reply",
    "infilling": "Fill in the middle",
    "cancel": "Cancel a reply",
}
STEP_SECONDS = 20.0
TIMEOUTS = Timeouts(connect=5.0, first_token=15.0, between_tokens=10.0, total=STEP_SECONDS)
QUESTION = "Say yes."
LONG_QUESTION = "Write a Python function that sorts a list of names, and explain each line of it."
STREAMED_TOKENS = 32
# A reply whose first token comes this late in it, and which took at least so long, was held back on its way.
HELD_BACK_SHARE = 0.9
HELD_BACK_SECONDS = 1.0

type Report = Callable[[StepResult], None]


class NotOffered(Exception):
    """The server is not expected to do this; the message says why."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The server under test, and which model it is said to run."""

    server: Server
    protocol: str
    variant: str
    size: str

    @classmethod
    def of(cls, candidate: Candidate) -> "Subject":
        """Raises ``TokenUnreadable``."""
        server = Server(url=candidate.url, model=candidate.model_id, token=unseal(candidate.sealed_token))
        return cls(server, candidate.protocol, candidate.variant, candidate.size)


async def run_steps(subject: Subject, report: Report) -> None:
    """Run every step in order, reporting each as it ends."""
    async with open_session() as http:
        bench = Bench(http, subject)
        is_hopeless = False
        for name in STEPS:
            if is_hopeless:
                report(StepResult(name, Outcome.NOT_TRIED, 0.0, ""))
                continue
            result = await _run_step(name, bench.steps[name])
            report(result)
            is_hopeless = result.outcome == Outcome.FAILED and name in {"reachability", "authentication"}


async def _run_step(name: str, step: Callable[[], Awaitable[str]]) -> StepResult:
    loop = asyncio.get_running_loop()
    started = loop.time()
    try:
        async with asyncio.timeout(STEP_SECONDS):
            sentence = await step()
    except NotOffered as reason:
        return StepResult(name, Outcome.NOT_OFFERED, 0.0, str(reason))
    except InferenceError as error:
        return StepResult(name, Outcome.FAILED, loop.time() - started, error.sentence)
    except TimeoutError:
        return StepResult(name, Outcome.FAILED, STEP_SECONDS, f"No end after {STEP_SECONDS:g} s.")
    return StepResult(name, Outcome.PASSED, loop.time() - started, sentence)


class Bench:
    """What the steps share: the connection and what is known of the server by now."""

    def __init__(self, http: aiohttp.ClientSession, subject: Subject) -> None:
        self._http = http
        self._subject = subject
        self.steps: dict[str, Callable[[], Awaitable[str]]] = {name: getattr(self, name) for name in STEPS}

    async def reachability(self) -> str:
        try:
            await self._ask(QUESTION, most=1)
        except Unreachable:
            raise
        except InferenceError:
            pass  # it answers, which is all that is asked here
        return ""

    async def authentication(self) -> str:
        try:
            await self._ask(QUESTION, most=1)
        except AuthenticationFailed:
            raise
        except InferenceError:
            pass  # for the steps that follow
        return "It accepts the token." if self._subject.server.token else "It asks for no token."

    async def tokenization(self) -> str:
        raise NotOffered("Not tried yet.")

    async def chat(self) -> str:
        text = "".join(delta.text for delta in await self._ask(QUESTION, most=1))
        return f"It said “{text.strip()}”." if text.strip() else "It answered with a blank."

    async def streaming(self) -> str:
        loop = asyncio.get_running_loop()
        asked, first_at, count = loop.time(), 0.0, 0
        async with aclosing(self._stream(LONG_QUESTION, most=STREAMED_TOKENS)) as deltas:
            async for delta in deltas:
                first_at = first_at or loop.time()
                count += delta.tokens
        waited, whole = first_at - asked, loop.time() - asked
        if count <= 1:
            raise HeldBack
        if whole > HELD_BACK_SECONDS and waited > HELD_BACK_SHARE * whole:
            raise HeldBack
        return f"{count} tokens, the first after {waited * 1000:.0f} ms."

    async def infilling(self) -> str:
        raise NotOffered("Not tried yet.")

    async def cancel(self) -> str:
        async with aclosing(self._stream(LONG_QUESTION, most=512)) as deltas:
            async for _ in deltas:
                break
        await self._ask(QUESTION, most=1)
        return "Left in the middle of a reply, it took the next request at once."

    async def _ask(self, question: str, *, most: int) -> list[Delta]:
        async with aclosing(self._stream(question, most=most)) as deltas:
            return [delta async for delta in deltas]

    def _stream(self, question: str, *, most: int) -> AsyncGenerator[Delta]:
        request = ChatRequest(messages=[ChatMessage("user", question)], max_tokens=most, temperature=0)
        protocol = protocol_named(self._subject.protocol)
        return protocol.stream_chat(self._http, self._subject.server, request, TIMEOUTS)


class HeldBack(InferenceError):
    """The reply came in one piece at its end."""

    sentence = "The reply came in one piece: something on the way holds it back, such as a proxy that buffers."
