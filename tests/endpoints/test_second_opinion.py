"""The step of the connection test in which Hugging Face's client reads a server, through our session."""

import subprocess
import sys
from ipaddress import IPv4Address, IPv6Address

import aiohttp
import pytest

from apps.endpoints.connection_test.official_client import OfficialClientFailed, Offline, official_text
from apps.endpoints.connection_test.record import Outcome, StepResult
from apps.endpoints.connection_test.run import run_steps
from apps.endpoints.connection_test.steps import TIMEOUTS, ServerUnderTest
from apps.inference.errors import NotServed
from apps.inference.http.connection import open_session
from apps.inference.server import Server
from tests.support.counting_wire import native_details, native_token
from tests.support.scripted_server import ScriptedServer, counting_server, scripted_server
from tests.support.wire import Send, event, head, whole

__all__ = ["counting_server", "scripted_server"]

SECRET = "token-of-this-endpoint"


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", "token-of-this-machine")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")


def native_stream(*tokens: str) -> list[Send]:
    details = native_details(len(tokens), "eos_token")
    last = {**native_token("</s>", special=True), "generated_text": "".join(tokens), "details": details}
    return [head(), Send(b"".join([*(event(native_token(token)) for token in tokens), event(last)]))]


async def read_by_it(server: ScriptedServer, *, token: str = SECRET, http: aiohttp.ClientSession | None = None) -> str:
    async with http or open_session() as session:
        return await official_text(session, Server(server.url, token=token), "def ", most=8, timeouts=TIMEOUTS)


async def test_it_reads_a_stream(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*native_stream(" a", "dd", "(ß)"))
    assert await read_by_it(scripted_server) == " add(ß)"
    (asked,) = scripted_server.requests
    assert (asked.path, asked.json["inputs"], asked.json["parameters"]["max_new_tokens"]) == (
        "/generate_stream",
        "def ",
        8,
    )
    assert asked.headers["authorization"] == f"Bearer {SECRET}"


async def test_without_a_token_it_sends_none_of_the_machine(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*native_stream("1"))
    assert await read_by_it(scripted_server, token="") == "1"
    (asked,) = scripted_server.requests
    assert "authorization" not in asked.headers


async def test_it_follows_no_redirect(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(302, length=0, extra=f"Location: {scripted_server.url}/generate_stream"))
    with pytest.raises(OfficialClientFailed):
        await read_by_it(scripted_server)
    assert len(scripted_server.requests) == 1


async def test_addresses_that_are_not_allowed_are_not_called(scripted_server: ScriptedServer) -> None:
    def nobody(address: IPv4Address | IPv6Address) -> bool:
        return False

    with pytest.raises(OfficialClientFailed):
        await read_by_it(scripted_server, http=open_session(is_allowed=nobody))
    assert scripted_server.requests == []


async def test_what_it_cannot_read_is_a_failure(scripted_server: ScriptedServer) -> None:
    for answer in (
        whole(500, b"{}"),
        whole(422, b'{"error": "no", "error_type": "validation"}'),
        [Send(b"no HTTP\r\n")],
    ):
        scripted_server.answer(*answer)
        with pytest.raises(OfficialClientFailed):
            await read_by_it(scripted_server)


async def test_a_server_without_the_address_does_not_offer_it(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(*whole(404, b"{}"))
    with pytest.raises(NotServed):
        await read_by_it(scripted_server)


async def test_offline_it_calls_nobody(scripted_server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(Offline):
        await read_by_it(scripted_server)
    assert scripted_server.requests == []


async def test_the_step_compares_both_texts(counting_server: str) -> None:
    results: dict[str, StepResult] = {}
    subject = ServerUnderTest(Server(counting_server), "tgi", "base", "7B")
    await run_steps(subject, lambda result: results.update({result.step: result}))
    opinion = results["second_opinion"]
    assert (opinion.outcome, opinion.sentence) == (
        Outcome.PASSED,
        "It reads the same 8 tokens at most: “1 2 3 4 5 6 7 8”.",
    )


def test_it_is_loaded_only_when_it_is_used() -> None:
    """It takes 28 MB in each process."""
    code = (
        "import django; django.setup(); import sys, project.urls, apps.endpoints.tasks;"
        "print('huggingface_hub' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
