"""Asking servers how they are: information first, then a real reply of one token. Plain asyncio, no database."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
from django.conf import settings

from apps.endpoints.health import SLOW, Evidence, Verdict, evidence_of
from apps.inference.connection import open_session
from apps.inference.errors import FirstTokenTimedOut, InferenceError
from apps.inference.protocols import protocol_named
from apps.inference.protocols.base import ChatMessage, ChatRequest, Timeouts
from apps.inference.server import Server

QUESTION = ChatRequest(messages=(ChatMessage("user", "Say yes."),), max_tokens=1, temperature=0)


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
    async with open_session() as http:
        return await asyncio.gather(*(_ask(http, subject) for subject in subjects))


async def _ask(http: aiohttp.ClientSession, subject: Subject) -> Finding:
    limit = settings.ENDPOINT_PROBE_TIMEOUT_SECONDS
    loop = asyncio.get_running_loop()
    started = loop.time()
    facts: dict[str, Any] = {}
    evidence, waited = Evidence(Verdict.ANSWERS), None
    try:
        async with asyncio.timeout(limit):
            timeouts = Timeouts(connect=limit, first_token=limit, between_tokens=limit, total=limit)
            if subject.wants_reply:
                waited = await _reply(http, subject, timeouts)
                evidence = _evidence_of_reply(waited)
    except TimeoutError:
        evidence = _evidence_of_failure(FirstTokenTimedOut(f"probe, after {limit:g} s"))
    except InferenceError as error:
        evidence = _evidence_of_failure(error)
    return Finding(subject.endpoint_id, evidence, loop.time() - started, waited, facts)


async def _reply(http: aiohttp.ClientSession, subject: Subject, timeouts: Timeouts) -> float:
    """Seconds until the first token of a reply that came to its end."""
    loop = asyncio.get_running_loop()
    asked, first = loop.time(), None
    protocol = protocol_named(subject.protocol)
    async with aclosing(protocol.stream_chat(http, subject.server, QUESTION, timeouts)) as deltas:
        async for _ in deltas:
            first = first or loop.time()
    return (first or loop.time()) - asked


def _evidence_of_reply(seconds: float) -> Evidence:
    if seconds > settings.ENDPOINT_SLOW_SECONDS:
        return Evidence(Verdict.SLOW, SLOW)
    return Evidence(Verdict.WORKS)


def _evidence_of_failure(error: InferenceError) -> Evidence:
    """The question is ours and a plain one: a server that calls it wrong is not as it should be."""
    return evidence_of(error) or Evidence(Verdict.IMPAIRED, "refused a reply of one token", type(error).__name__)
