"""On every well-formed recording, the official client of Text Generation Inference reads what our reader reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from huggingface_hub import AsyncInferenceClient

from apps.inference.protocols.finish_reasons import FINISH_REASONS
from apps.inference.requests import FinishReason
from tests.contract.conftest import Ask
from tests.contract.cuts import pieces, whole
from tests.contract.dialects import Dialect, OpenAIChat, Recording
from tests.contract.native_dialects import TGINative
from tests.support.scripted_server import ScriptedServer

# It takes each line for an event.
BEYOND_IT = {"wire_multi_data_lines"}


def well_formed(dialect: Dialect) -> list[Recording]:
    found = [one for one in dialect.recordings() if not one.error and one.name not in BEYOND_IT]
    assert len(found) >= 6
    return found


@asynccontextmanager
async def client(url: str) -> AsyncIterator[AsyncInferenceClient]:
    """A token of its own, or it would send the machine's; a timeout, or it would wait for ever; closed, or it leaks."""
    async with AsyncInferenceClient(base_url=url, token="of-this-test", timeout=60) as opened:
        yield opened


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client refuses to call even this machine in offline mode."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)


@pytest.mark.parametrize("dialect", [TGINative()], ids=["tgi"])
async def test_it_agrees_on_native_streams(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    for recording in well_formed(dialect):
        scripted_server.answer(*pieces(whole(recording.data)))
        ours = await ask()
        scripted_server.answer(*pieces(whole(recording.data)))
        texts: list[str] = []
        reason: FinishReason | None = None
        truth = ""
        async with client(scripted_server.url) as theirs:
            async for output in await theirs.text_generation("def ", stream=True, details=True):
                texts += [] if output.token.special else [output.token.text]
                truth = output.generated_text or truth
                reason = FINISH_REASONS[output.details.finish_reason] if output.details else reason
        assert ours.text == "".join(texts), recording.name
        assert truth.endswith(ours.deltas[-1].whole_text or ours.text)
        assert reason in (None, ours.deltas[-1].finish_reason)


@pytest.mark.parametrize("dialect", [OpenAIChat()], ids=["openai-chat"])
async def test_it_agrees_on_chat_streams(dialect: Dialect, ask: Ask, scripted_server: ScriptedServer) -> None:
    for recording in well_formed(dialect):
        scripted_server.answer(*pieces(whole(recording.data)))
        ours = await ask()
        scripted_server.answer(*pieces(whole(recording.data)))
        texts: list[str] = []
        reason = ""
        async with client(scripted_server.url) as theirs:
            messages = [{"role": "user", "content": "Say something."}]
            async for output in await theirs.chat_completion(messages, model="tgi", stream=True):
                for choice in output.choices:
                    texts.append(choice.delta.content or "")
                    reason = choice.finish_reason or reason
        assert ours.text == "".join(texts), recording.name
        assert FINISH_REASONS[reason] == ours.deltas[-1].finish_reason


async def test_it_calls_a_cut_stream_whole_where_we_do_not(scripted_server: ScriptedServer) -> None:
    """The reason why it reads no stream of ours; when this fails, the decision is worth another look."""
    (cut,) = [one for one in TGINative().recordings() if one.name == "wire_truncated_between_events"]
    scripted_server.answer(*pieces(whole(cut.data)))
    async with client(scripted_server.url) as theirs:
        outputs = [output async for output in await theirs.text_generation("def ", stream=True, details=True)]
    assert "".join(output.token.text for output in outputs) == cut.text
    assert not any(output.generated_text for output in outputs)


async def test_it_agrees_on_information(scripted_server: ScriptedServer) -> None:
    async with client(scripted_server.url) as theirs:
        theirs.provider = "hf-inference"  # it asks no other for these
        info = await theirs.get_endpoint_info(model=scripted_server.url)
        assert await theirs.health_check(model=scripted_server.url)
    assert info["version"] == "3.3.6"
    assert (await scripted_server.request()).headers["authorization"] == "Bearer of-this-test"
