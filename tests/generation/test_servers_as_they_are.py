"""Model servers in the field refuse for a while, leave out the reason, or break on one message."""

import asyncio
import time

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.endpoints.models import Endpoint, Health
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.services.reap import reap_generations
from apps.generation.services.start import start_generation
from apps.stores.threads import in_thread
from tests.generation.conftest import ask
from tests.generation.test_worker import ended, wait_until
from tests.support.counting_wire import chunk, native_token, usage
from tests.support.router_answers import router_sends
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, event, head, whole

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]

DONE = b"data: [DONE]\n\n"
BROKEN = event({"error": "Request failed during generation: Server error: CUDA error", "error_type": "generation"})


def register(server: ScriptedServer, **facts: object) -> Endpoint:
    endpoint = add_endpoint(name="scripted", url=server.url, protocol="openai", variant="instruct")
    Endpoint.objects.filter(pk=endpoint.pk).update(**facts)
    return endpoint


def answered(owner: User, server: ScriptedServer, text: str = "Hi", **facts: object) -> Generation:
    register(server, **facts)
    return ended(ask(owner, text))


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        (DONE, "unknown"),
        (event({**chunk(""), "choices": [], "usage": usage(2)}), "unknown"),
        (event(chunk("", "content_filter")) + DONE, "content_filter"),
        (event(chunk("", "tool_calls")) + DONE, "tool_calls"),
        (event(chunk("", "model_context_window_exceeded")) + DONE, "model_context_window_exceeded"),
    ],
)
async def test_reply_without_a_usual_reason_is_whole(
    alice: User, scripted_server: ScriptedServer, end: bytes, reason: str
) -> None:
    scripted_server.answer(head(), Send(event(chunk(" all")) + event(chunk(" there")) + end))
    generation = await in_thread(answered)(alice, scripted_server)
    assert (generation.state, generation.text, generation.finish_reason) == (State.SUCCEEDED, "all there", reason)
    assert len(scripted_server.requests) == 1


async def test_first_space_alone_is_dropped(alice: User, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(event(chunk("  indented\n  more", "stop")) + DONE))
    generation = await in_thread(answered)(alice, scripted_server)
    assert generation.text == " indented\n  more"


async def test_router_counts_its_own_tokens(alice: User, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(router_sends("chat_stream_emoji"))
    generation = await in_thread(answered)(alice, scripted_server)
    assert (generation.prompt_tokens, generation.completion_tokens) == (11, 115)


async def test_resumed_reply_counts_its_beginning_once(alice: User, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(event(chunk("one")) + event(chunk(" two"))))
    last = {**chunk(" three", "stop"), "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15}}
    scripted_server.answer(head(), Send(event(last) + DONE))
    generation = await in_thread(answered)(alice, scripted_server)
    assert generation.text == "one two three"
    assert (generation.prompt_tokens, generation.completion_tokens) == (10, 5)


async def test_busy_server_is_left_alone_for_as_long_as_it_asks(alice: User, scripted_server: ScriptedServer) -> None:
    refusal = head(429, length=0, extra="Retry-After: 3")
    scripted_server.answer(refusal)
    scripted_server.answer(head(), Send(event(chunk("now", "stop")) + DONE))
    started = time.monotonic()
    generation = await in_thread(answered)(alice, scripted_server)
    assert (generation.state, generation.text) == (State.SUCCEEDED, "now")
    assert time.monotonic() - started >= 3
    assert len(scripted_server.requests) == 2


async def test_server_that_stays_busy_ends_the_wait_with_the_cause(
    alice: User, scripted_server: ScriptedServer, settings: Settings
) -> None:
    settings.GENERATION_OUTAGE_SECONDS = 1
    for _ in range(50):
        scripted_server.answer(head(429, length=0, extra="Retry-After: 30"))

    def give_up() -> Generation:
        endpoint = register(scripted_server)
        generation = ask(alice, "Hi")
        wait_until(lambda: Endpoint.objects.get(pk=endpoint.pk).health == Health.DEGRADED)
        wait_until(lambda: Generation.objects.filter(pk=generation.pk, state=State.QUEUED).exists())
        wait_until(lambda: reap_generations() >= 0 and Generation.objects.get(pk=generation.pk).is_over)
        return Generation.objects.get(pk=generation.pk)

    generation = await asyncio.wait_for(in_thread(give_up)(), 60)
    assert generation.state == State.FAILED
    assert "was busy for too long" in generation.error
    assert len(scripted_server.requests) <= 2


async def test_message_that_breaks_a_server_twice_is_not_sent_again(
    alice: User, scripted_server: ScriptedServer
) -> None:
    for _ in range(6):
        scripted_server.answer(head(), Send(BROKEN))
    generation = await in_thread(answered)(alice, scripted_server)
    assert generation.state == State.FAILED
    assert generation.error.startswith("The model server failed twice on this message")
    assert len(scripted_server.requests) == 2


async def test_reply_that_another_message_broke_off_goes_on(alice: User, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(event(chunk("half")) + BROKEN))
    scripted_server.answer(*whole(424, b'{"error":"Request failed during generation","error_type":"generation"}'))
    scripted_server.answer(head(), Send(event(chunk(" done", "stop")) + DONE))
    generation = await in_thread(answered)(alice, scripted_server)
    assert (generation.state, generation.text) == (State.SUCCEEDED, "half done")


def long_chat(owner: User, server: ScriptedServer, exchanges: int, last: str) -> Generation:
    """Ask a TGI server of 4,096 tokens that takes prompts of at most 3,072."""
    limits = {"kind": "tgi", "max_input_tokens": 3072, "max_total_tokens": 4096}
    register(
        server, protocol="tgi", size="7B", discovered=limits, discovered_context_window=4096, model_id="CodeLlama-7b"
    )
    remark = "word " * 300
    messages = [{"role": role, "content": remark} for _ in range(exchanges) for role in ("user", "assistant")]
    messages.append({"role": "user", "content": last})
    started = start_generation(owner=owner, variant="instruct", messages=messages, parameters={"max_tokens": 100})
    return ended(started)


async def test_prompt_keeps_to_the_limit_of_prompts(alice: User, scripted_server: ScriptedServer) -> None:
    generation = await in_thread(long_chat)(alice, scripted_server, 6, "count to 5")
    assert (generation.state, generation.text) == (State.SUCCEEDED, "1 2 3 4 5")
    prompt = scripted_server.requests[-1].json["inputs"]
    assert 0 < generation.left_out < 12
    assert 2000 < len(prompt.split()) <= 3072, "counted as the server counts: by words"


async def test_reply_that_no_longer_fits_ends_at_the_length_limit(alice: User, scripted_server: ScriptedServer) -> None:
    scripted_server.answer(head(), Send(event(native_token("half"))))
    scripted_server.answer(router_sends("err_native_stream_too_long"))
    generation = await in_thread(long_chat)(alice, scripted_server, 0, "Hi")
    assert (generation.state, generation.text, generation.finish_reason) == (State.SUCCEEDED, "half", "length")
