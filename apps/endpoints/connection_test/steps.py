"""The steps of a connection test, each a method of ``ConnectionTest``.

A step returns a sentence about what it found. It raises an ``InferenceError`` if it fails, and ``NotSupported`` if the
server is not expected to support it.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

import aiohttp

from apps.endpoints.capabilities import trained_tasks
from apps.endpoints.connection_test.record import Candidate
from apps.endpoints.security.tokens import unseal
from apps.endpoints.serving import informed
from apps.inference.discovery import Discovered, discover
from apps.inference.errors import AuthenticationFailed, InferenceError, NotServed, Overloaded, Unreachable
from apps.inference.http.responses import CONNECTION_REFUSED
from apps.inference.prompts import infilling_prompt
from apps.inference.protocols import protocol_named
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Timeouts
from apps.inference.server import Server

TIMEOUTS = Timeouts(connect=5.0, first_token=15.0, between_tokens=10.0, total=20.0)
LOADING_HINT = "TGI opens its port only when its model is loaded."
QUESTION = "Say yes."
SAMPLE = "def add(a, b):\n    return a + b\n"
LONG_QUESTION = "Write a Python function that sorts a list of names, then explain each of its lines."
BEFORE_GAP, AFTER_GAP = "def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n"
STREAMED_TOKENS = 32
FEW_TOKENS = 8
LONG_REPLY_TOKENS = 512
LONGEST_QUOTE = 80  # characters
# A reply counts as buffered if its first token comes this late in it and the reply took at least this long.
HELD_BACK_SHARE = 0.9
HELD_BACK_SECONDS = 1.0


class NotSupported(Exception):
    """The server is not expected to support this step; the message says why."""


class Buffered(InferenceError):
    """The whole reply arrived at once, at its end."""

    sentence = "The reply came in one piece: something on the way holds it back, such as a proxy that buffers."


class ReadDifferently(InferenceError):
    """Two clients read different texts, although both asked for the most likely token each time."""

    sentence = "Hugging Face’s client and the workbench read different texts, though chance was switched off."


@dataclass(frozen=True, slots=True)
class ServerUnderTest:
    """The server under test, and the model that it is said to run."""

    server: Server
    protocol: str
    variant: str
    size: str

    @classmethod
    def of(cls, candidate: Candidate) -> "ServerUnderTest":
        """Build the server from the record. Raises ``TokenUnreadable``."""
        server = Server(
            url=candidate.url,
            model=candidate.model_id,
            token=unseal(candidate.sealed_token),
            size=candidate.size or None,
        )
        return cls(server, candidate.protocol, candidate.variant, candidate.size)


class ConnectionTest:
    """The steps, and what they share: the HTTP session and what earlier steps discovered."""

    def __init__(self, http: aiohttp.ClientSession, subject: ServerUnderTest) -> None:
        self._http = http
        self._server = subject.server
        self._protocol_name = subject.protocol
        self._protocol = protocol_named(subject.protocol)
        self._tasks = trained_tasks(subject.variant, subject.size)
        self._discovered = Discovered()

    async def reachability(self) -> str:
        """Pass if anything answers, even a server that refuses the token or is busy."""
        try:
            self._discovered = await discover(self._http, self._server, self._protocol_name, TIMEOUTS)
        except AuthenticationFailed:
            return "It answers, and asks for a token."
        except Overloaded:
            return "It answers, and is busy or still loading its model."
        except Unreachable as error:
            if error.sentence == CONNECTION_REFUSED:
                raise Unreachable(error.detail, sentence=f"{error.sentence} {LOADING_HINT}") from None
            raise
        self._server = informed(self._server, self._discovered.as_json())
        return self._introduction()

    async def authentication(self) -> str:
        """Pass unless the token is refused; later steps judge the reply itself."""
        replied = await self._knock(self._server)
        if not self._server.token:
            return "It asks for no token."
        try:
            is_open = await self._knock(replace(self._server, token=""))
        except AuthenticationFailed:
            return "It accepts the token, and nobody without it."
        if is_open:
            return "It accepts the token, but answers anybody without it too."
        return "It accepts the token." if replied else "It does not refuse the token."

    async def tokenization(self) -> str:
        try:
            tokens = await self._protocol.tokenize(self._http, self._server, SAMPLE, TIMEOUTS)
        except AuthenticationFailed:
            raise
        except InferenceError:
            raise NotSupported("It does not count tokens: lengths are estimated.") from None
        return f"{len(tokens)} tokens in two lines of Python."

    async def chat(self) -> str:
        text = await self._ask(self._server)
        return f"It wrote “{self._quoted(text)}”." if text.strip() else "It wrote a blank."

    async def streaming(self) -> str:
        loop = asyncio.get_running_loop()
        asked, first_at, count = loop.time(), 0.0, 0
        async with aclosing(self._reply(self._server, LONG_QUESTION, most=STREAMED_TOKENS)) as deltas:
            async for delta in deltas:
                first_at = first_at or loop.time()
                count += delta.tokens
        waited, whole = first_at - asked, loop.time() - asked
        if count <= 1 or (whole > HELD_BACK_SECONDS and waited > HELD_BACK_SHARE * whole):
            raise Buffered(f"{count} events, the first after {waited:.2f} of {whole:.2f} s")
        return f"{count} tokens, the first after {waited * 1000:.0f} ms."

    async def infilling(self) -> str:
        if "infill" not in self._tasks:
            raise NotSupported("This model was not trained to fill in the middle.")
        try:
            return self._filled(await self._fill())
        except NotServed as error:
            if "chat" in self._tasks:  # a chat model needs no completions
                raise NotSupported(f"{error.sentence} Chats do not need it.") from None
            raise

    async def second_opinion(self) -> str:
        """Let Hugging Face's client stream a short reply, and compare its text with the workbench's own."""
        if self._protocol_name != "tgi" and self._discovered.kind != "tgi":
            raise NotSupported("Hugging Face’s client is for Text Generation Inference.")
        # The client takes 28 MB: load it only when an admin asks for this test.
        from apps.endpoints.connection_test import official_client  # noqa: PLC0415

        try:
            theirs = await official_client.official_text(
                self._http, self._server, SAMPLE, most=FEW_TOKENS, timeouts=TIMEOUTS
            )
            ours = await self._complete(CompletionRequest(SAMPLE, max_tokens=FEW_TOKENS, temperature=0))
        except official_client.Offline:
            raise NotSupported("HF_HUB_OFFLINE is set for the workers: Hugging Face’s client calls nobody.") from None
        except NotServed:
            raise NotSupported("It does not offer the addresses at which both clients ask for a completion.") from None
        if theirs != ours:
            raise ReadDifferently(f"{theirs!r} and {ours!r}")
        return f"It reads the same {FEW_TOKENS} tokens at most: “{self._quoted(ours)}”."

    async def _fill(self) -> str:
        if self._discovered.kind == "llama.cpp":
            request = CompletionRequest(BEFORE_GAP, suffix=AFTER_GAP, max_tokens=16, temperature=0)
            return await self._complete(request)
        prompt = infilling_prompt(BEFORE_GAP, AFTER_GAP)
        request = CompletionRequest(prompt.text, stop=prompt.stop, max_tokens=16, temperature=0)
        return prompt.clean(await self._complete(request))

    async def cancel(self) -> str:
        """Close the connection during a long reply. A server that goes on writing would delay the next reply."""
        async with aclosing(self._reply(self._server, LONG_QUESTION, most=LONG_REPLY_TOKENS)) as deltas:
            async for _ in deltas:
                break
        loop = asyncio.get_running_loop()
        left = loop.time()
        await self._ask(self._server)
        return f"Left in the middle of a reply, it answered the next after {(loop.time() - left) * 1000:.0f} ms."

    def _introduction(self) -> str:
        found = self._discovered
        if found.kind == "unknown" and not found.model_ids:
            return "It answers, and says nothing of itself."
        name = "a model server" if found.kind == "unknown" else f"{found.kind} {self._quoted(found.version)}".rstrip()
        model = f" with {self._quoted(found.model_ids[0])}" if found.model_ids else ""
        window = f", {found.context_window:,} tokens" if found.context_window else ""
        return f"It is {name}{model}{window}."

    def _filled(self, text: str) -> str:
        return f"Into “return …” it wrote “{self._quoted(text)}”."

    def _quoted(self, text: str) -> str:
        """Return the server's text on one short line, without the token if the server echoes it."""
        safe = text.replace(self._server.token, "[token]") if self._server.token else text
        return " ".join(safe.split())[:LONGEST_QUOTE]

    async def _knock(self, server: Server) -> bool:
        """Return whether the server replied. Raises ``AuthenticationFailed`` and nothing else."""
        try:
            await self._ask(server)
        except AuthenticationFailed:
            raise
        except InferenceError:
            return False
        return True

    async def _ask(self, server: Server) -> str:
        async with aclosing(self._reply(server, QUESTION, most=1)) as deltas:
            return "".join([delta.text async for delta in deltas])

    async def _complete(self, request: CompletionRequest) -> str:
        stream = self._protocol.stream_completion(self._http, self._server, request, TIMEOUTS)
        async with aclosing(stream) as deltas:
            return "".join([delta.text async for delta in deltas])

    def _reply(self, server: Server, question: str, *, most: int) -> AsyncGenerator[Delta]:
        """Chat if the model can chat; otherwise continue the question's text."""
        if "chat" in self._tasks:
            chat = ChatRequest([ChatMessage("user", question)], max_tokens=most, temperature=0)
            return self._protocol.stream_chat(self._http, server, chat, TIMEOUTS)
        completion = CompletionRequest(f"# {question}\n", max_tokens=most, temperature=0)
        return self._protocol.stream_completion(self._http, server, completion, TIMEOUTS)
