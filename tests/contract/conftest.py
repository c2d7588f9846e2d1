"""Fixtures of the contract suite: the dialect under test, a session, a scripted server, and a way to ask."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import aiohttp
import pytest

from apps.inference.errors import InferenceError
from apps.inference.http.connection import open_session
from apps.inference.requests import Delta, FinishReason, Timeouts, Usage
from apps.inference.server import Server
from tests.contract.dialects import Dialect
from tests.contract.native_dialects import EVERY_DIALECT
from tests.support.scripted_server import ScriptedServer, scripted_server

__all__ = ["scripted_server"]

PATIENT = Timeouts(connect=10, first_token=30, between_tokens=30, total=60)


@dataclass
class Outcome:
    """All that one stream gave, and how it ended."""

    deltas: list[Delta] = field(default_factory=list)
    error: InferenceError | None = None

    @property
    def text(self) -> str:
        return "".join(delta.text for delta in self.deltas)

    @property
    def tokens(self) -> int:
        return sum(delta.tokens for delta in self.deltas)

    @property
    def ending(self) -> tuple[FinishReason | None, Usage | None]:
        return self.deltas[-1].finish_reason, self.deltas[-1].usage

    @property
    def succeeded(self) -> bool:
        """It ended as a success must: without error, with one finish reason, on the last delta."""
        reasons = [delta.finish_reason for delta in self.deltas]
        return self.error is None and bool(reasons and reasons[-1]) and not any(reasons[:-1])


type Ask = Callable[..., Awaitable[Outcome]]


@pytest.fixture(params=EVERY_DIALECT, ids=lambda dialect: dialect.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
def ask(dialect: Dialect, http: aiohttp.ClientSession, scripted_server: ScriptedServer) -> Ask:
    """Ask the scripted server for a reply and collect what comes."""

    async def _ask(timeouts: Timeouts = PATIENT, url: str = "", token: str = "") -> Outcome:
        server = Server(url or scripted_server.url, token=token)
        outcome = Outcome()
        try:
            async with aclosing(dialect.stream(http, server, timeouts)) as stream:
                async for delta in stream:
                    outcome.deltas.append(delta)
        except InferenceError as error:
            outcome.error = error
        return outcome

    return _ask
