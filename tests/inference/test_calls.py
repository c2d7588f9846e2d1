"""One-shot requests are bounded in time and size, follow no redirect and keep the token to themselves."""

import pytest

from apps.inference.errors import FirstTokenTimedOut, InferenceError, Interrupted, ProtocolError, ServerError
from apps.inference.http import calls
from apps.inference.http.calls import get_json, get_text, post_json
from apps.inference.http.connection import open_session
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Reset, Send, Step, Wait, head, whole

PATIENT = Timeouts(connect=10, first_token=30)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (whole(302, b""), ProtocolError),
        (whole(200, b"{"), ProtocolError),
        (whole(200, b"[" * 100_000), ProtocolError),
        (whole(500, b""), ServerError),
        ((Reset(),), Interrupted),
        ((head(length=5), Send(b"{}")), Interrupted),
    ],
)
async def test_bad_answer_is_an_error_of_ours(
    scripted_server: ScriptedServer, steps: tuple[Step, ...], expected: type[InferenceError]
) -> None:
    scripted_server.answer(*steps)
    async with open_session() as http:
        with pytest.raises(InferenceError) as failed:
            await post_json(http, Server(scripted_server.url), "/tokenize", {}, PATIENT)
    assert type(failed.value) is expected
    assert len(scripted_server.requests) == 1


@pytest.mark.parametrize("steps", [(Wait(),), (head(), Send(b"{"), Wait())])
async def test_late_answer_is_not_waited_for(scripted_server: ScriptedServer, steps: tuple[Step, ...]) -> None:
    scripted_server.answer(*steps)
    async with open_session() as http:
        with pytest.raises(FirstTokenTimedOut):
            await get_json(http, Server(scripted_server.url), "/info", Timeouts(first_token=0.05))
    await (await scripted_server.request()).left.wait()


async def test_endless_answer_is_not_kept(scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LONGEST_ANSWER", 1_000)
    async with open_session() as http:
        scripted_server.answer(*whole(200, b"x" * 1_000))
        assert await get_text(http, Server(scripted_server.url), "/metrics", PATIENT) == "x" * 1_000
        scripted_server.answer(head(), Send(b"x" * 1_001), Wait())
        with pytest.raises(ProtocolError):
            await get_text(http, Server(scripted_server.url), "/metrics", PATIENT)


async def test_token_goes_out_and_does_not_come_back(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(500, b"your token is secret-0123"))
    async with open_session() as http:
        with pytest.raises(ServerError) as failed:
            await post_json(http, Server(scripted_server.url, token="secret-0123"), "/tokenize", {}, PATIENT)
    assert (await scripted_server.request()).headers["authorization"] == "Bearer secret-0123"
    assert failed.value.detail == "500: your token is [token]"
