"""Asking servers how they are: information first, then a real reply of one token. Plain asyncio, no database."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import aiohttp
from django.conf import settings

from apps.endpoints.choices import Capability
from apps.endpoints.health.rules import SLOW, Evidence, Verdict, evidence_of
from apps.endpoints.security.networks import is_allowed_address
from apps.endpoints.serving import informed
from apps.inference.discovery import Discovered, discover
from apps.inference.errors import FirstTokenTimedOut, InferenceError, clean_detail
from apps.inference.http.connection import open_session
from apps.inference.protocols import protocol_named
from apps.inference.protocols.base import Protocol
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Timeouts
from apps.inference.server import Server

QUESTION = ChatRequest(messages=(ChatMessage("user", "Say yes."),), max_tokens=1, temperature=0)
BEGINNING = CompletionRequest("def add(a, b):\n", max_tokens=1, temperature=0)

MOST_MODELS = 20
LONGEST_NAME = 200
LARGEST_WINDOW = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Subject:
    """A server to be asked; ``wants_reply`` asks for the costlier half too."""

    endpoint_id: UUID
    server: Server
    protocol: str
    capabilities: frozenset[str]
    wants_reply: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of it. ``facts`` are fields of the endpoint; seconds are counted from the question."""

    endpoint_id: UUID
    evidence: Evidence
    seconds: float
    seconds_to_first_token: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def ask_all(subjects: Sequence[Subject]) -> list[Finding]:
    """Ask all at the same time, each for at most ``ENDPOINT_PROBE_TIMEOUT_SECONDS``."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_ask_all(subjects))
    finally:
        loop.close()  # asyncio.run would wait for a name server that hangs


async def _ask_all(subjects: Sequence[Subject]) -> list[Finding]:
    async with open_session(is_allowed=is_allowed_address) as http:
        return await asyncio.gather(*(_Interview(http, subject).hold() for subject in subjects))


class _Interview:
    """The questions to one server, under one clock."""

    def __init__(self, http: aiohttp.ClientSession, subject: Subject) -> None:
        self._http = http
        self._subject = subject
        self._server = subject.server
        self._loop = asyncio.get_running_loop()
        self._limit = settings.ENDPOINT_PROBE_TIMEOUT_SECONDS
        self._timeouts = Timeouts(
            connect=self._limit, first_token=self._limit, between_tokens=self._limit, total=self._limit
        )
        self._facts: dict[str, Any] = {}
        self._first_token: float | None = None

    async def hold(self) -> Finding:
        started = self._loop.time()
        try:
            async with asyncio.timeout(self._limit):
                evidence = await self._ask()
        except TimeoutError:
            late = _evidence_of_failure(FirstTokenTimedOut(f"probe, after {self._limit:g} s"))
            evidence = replace(late, was_informed=bool(self._facts))  # not hanging, perhaps only slow
        except InferenceError as error:
            evidence = _evidence_of_failure(error)
        seconds = self._loop.time() - started
        return Finding(self._subject.endpoint_id, evidence, seconds, self._first_token, self._facts)

    async def _ask(self) -> Evidence:
        found = await discover(self._http, self._server, self._subject.protocol, self._timeouts)
        self._facts = as_facts(found, self._server.token)
        self._server = informed(self._server, found.as_json())
        if not self._subject.wants_reply:
            return Evidence(Verdict.ANSWERS)
        await self._have_reply()
        is_slow = self._first_token is not None and self._first_token > settings.ENDPOINT_SLOW_SECONDS
        return Evidence(Verdict.SLOW, SLOW) if is_slow else Evidence(Verdict.WORKS)

    async def _have_reply(self) -> None:
        """Wait for a reply to come to its end, and note when it began."""
        asked = self._loop.time()
        async with aclosing(self._question(protocol_named(self._subject.protocol))) as deltas:
            async for _ in deltas:
                self._first_token = self._first_token or self._loop.time() - asked

    def _question(self, protocol: Protocol) -> AsyncGenerator[Delta]:
        """A chat where the model chats, else a text to go on with."""
        if Capability.CHAT in self._subject.capabilities:
            return protocol.stream_chat(self._http, self._server, QUESTION, self._timeouts)
        return protocol.stream_completion(self._http, self._server, BEGINNING, self._timeouts)


def _evidence_of_failure(error: InferenceError) -> Evidence:
    """The question is ours and a plain one: a server that calls it wrong is not as it should be."""
    return evidence_of(error) or Evidence(Verdict.IMPAIRED, "refused a reply of one token", type(error).__name__)


def as_facts(found: Discovered, token: str) -> dict[str, Any]:
    """Fields of the endpoint. What the server wrote is cut to what a page shows, and is rid of the token."""

    def clean(text: str) -> str:
        return clean_detail(text.replace(token, "…") if token else text)[:LONGEST_NAME]

    window = found.context_window
    kind = "" if found.kind == "unknown" else found.kind
    names = [clean(name) for name in found.model_ids[:MOST_MODELS]]
    return {
        "discovered": found.as_json() | {"model_ids": names, "version": clean(found.version)},
        "discovered_capabilities": sorted(found.capabilities),
        "discovered_context_window": window if window and 0 < window <= LARGEST_WINDOW else None,
        "server_version": f"{kind} {clean(found.version)}".strip()[:100],
    }
