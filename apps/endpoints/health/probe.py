"""Probe servers: read their information, then ask for a reply of one token. Plain asyncio, no database."""

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
class ProbedServer:
    """A server to be probed; ``wants_reply`` asks for the reply, the costlier half."""

    endpoint_id: UUID
    server: Server
    protocol: str
    capabilities: frozenset[str]
    wants_reply: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one probe. ``facts`` are fields of the endpoint; seconds count from the request."""

    endpoint_id: UUID
    evidence: Evidence
    seconds: float
    seconds_to_first_token: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def ask_all(subjects: Sequence[ProbedServer]) -> list[Finding]:
    """Probe all servers at once, each for at most ``ENDPOINT_PROBE_TIMEOUT_SECONDS``."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(_ask_all(subjects))
    finally:
        loop.close()  # asyncio.run would wait for a hanging name server


async def _ask_all(subjects: Sequence[ProbedServer]) -> list[Finding]:
    async with open_session(is_allowed=is_allowed_address) as http:
        return await asyncio.gather(*(_Probe(http, subject).hold() for subject in subjects))


class _Probe:
    """The requests to one server, within one time limit."""

    def __init__(self, http: aiohttp.ClientSession, subject: ProbedServer) -> None:
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
            evidence = replace(late, was_informed=bool(self._facts))  # slow, but not hanging
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
        await self._wait_for_reply()
        is_slow = self._first_token is not None and self._first_token > settings.ENDPOINT_SLOW_SECONDS
        return Evidence(Verdict.SLOW, SLOW) if is_slow else Evidence(Verdict.WORKS)

    async def _wait_for_reply(self) -> None:
        """Wait for the reply's end, and note when the reply began."""
        asked = self._loop.time()
        async with aclosing(self._question(protocol_named(self._subject.protocol))) as deltas:
            async for _ in deltas:
                self._first_token = self._first_token or self._loop.time() - asked

    def _question(self, protocol: Protocol) -> AsyncGenerator[Delta]:
        """Chat if the model can chat; otherwise continue a text."""
        if Capability.CHAT in self._subject.capabilities:
            return protocol.stream_chat(self._http, self._server, QUESTION, self._timeouts)
        return protocol.stream_completion(self._http, self._server, BEGINNING, self._timeouts)


def _evidence_of_failure(error: InferenceError) -> Evidence:
    """Count a refusal of our plain question as the server's fault."""
    return evidence_of(error) or Evidence(Verdict.IMPAIRED, "refused a reply of one token", type(error).__name__)


def as_facts(found: Discovered, token: str) -> dict[str, Any]:
    """Return the fields of the endpoint, cut to what a page shows and without the token."""

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
