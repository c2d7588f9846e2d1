"""A conversation that outgrows the model's window is cut at its oldest exchanges, and the reply says so."""

import asyncio

import pytest

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.log import store
from apps.generation.models import Generation, State
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import start_generation
from apps.inference.context import LEAST_REPLY_TOKENS
from apps.stores.threads import in_thread
from tests.generation.conftest import numbers
from tests.generation.test_worker import ended, wait_until
from tests.support.scripted_server import ScriptedServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]

WINDOW = 600
EARLIER = "A long earlier remark about compilers and their optimisers. " * 8


def start_in_window(
    owner: User, server: ScriptedServer, exchanges: int, last: str, max_tokens: int = 100
) -> Generation:
    add_endpoint(name="scripted", url=server.url, protocol="openai", variant="instruct")
    Endpoint.objects.update(context_window_override=WINDOW)
    messages = [
        message
        for _ in range(exchanges)
        for message in ({"role": "user", "content": EARLIER}, {"role": "assistant", "content": EARLIER})
    ]
    messages.append({"role": "user", "content": last})
    return start_generation(owner=owner, variant="instruct", messages=messages, parameters={"max_tokens": max_tokens})


def run_conversation(owner: User, server: ScriptedServer, exchanges: int, last: str) -> Generation:
    return ended(start_in_window(owner, server, exchanges, last))


async def test_what_fits_is_sent_whole_without_counting(alice: User, scripted_server: ScriptedServer) -> None:
    generation = await in_thread(run_conversation)(alice, scripted_server, 0, "count to 5")
    assert (generation.text, generation.left_out) == (numbers(5), 0)
    assert [request.path for request in scripted_server.requests] == ["/v1/chat/completions"]


async def test_the_oldest_exchanges_are_left_out(alice: User, scripted_server: ScriptedServer) -> None:
    generation = await in_thread(run_conversation)(alice, scripted_server, 6, "count to 5")
    assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(5))
    sent = scripted_server.requests[-1].json["messages"]
    assert generation.left_out > 0
    assert generation.left_out % 2 == 0
    assert len(sent) == 13 - generation.left_out
    assert sent[-1]["content"] == "count to 5"
    assert sent[0]["role"] == "user"


async def test_a_reply_that_is_stopped_keeps_what_was_left_out(alice: User, scripted_server: ScriptedServer) -> None:
    def stop_in_the_middle() -> Generation:
        generation = start_in_window(alice, scripted_server, 6, "count to 9000 at 50 per second and hold at 50")
        wait_until(lambda: bool(store.read_log(generation.pk).text))
        assert cancel_generation(generation_id=generation.pk)
        wait_until(lambda: Generation.objects.get(pk=generation.pk).left_out > 0)
        return Generation.objects.get(pk=generation.pk)

    assert (await in_thread(stop_in_the_middle)()).state == State.CANCELLED


async def test_a_long_question_gets_a_shorter_reply(alice: User, scripted_server: ScriptedServer) -> None:
    def run() -> Generation:
        generation = start_in_window(alice, scripted_server, 2, "word " * 130 + "count to 5", max_tokens=1_000)
        return ended(generation)

    generation = await in_thread(run)()
    assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(5))
    sent = scripted_server.requests[-1].json
    assert LEAST_REPLY_TOKENS <= sent["max_tokens"] < WINDOW // 2, "half of the window is kept where there is room"
    assert generation.left_out == 4


async def test_a_question_that_cannot_fit_is_refused(alice: User, scripted_server: ScriptedServer) -> None:
    generation = await asyncio.wait_for(in_thread(run_conversation)(alice, scripted_server, 1, EARLIER * 20), 60)
    assert generation.state == State.FAILED
    assert f"the model's window holds {WINDOW}" in generation.error
    assert all(request.path != "/v1/chat/completions" for request in scripted_server.requests)


@in_thread
def ask_a_narrow_and_a_wide_one(
    owner: User, url: str, words: int, *, narrow: int = 600, longest_prompt: int | None = None
) -> Generation:
    """The narrow one is preferred; ``other`` is no wider."""
    discovered = {"max_input_tokens": longest_prompt} if longest_prompt else {}
    for name, priority, window, facts in (
        ("narrow", 3, narrow, discovered),
        ("other", 2, narrow, discovered),
        ("wide", 1, 16_000, {}),
    ):
        add_endpoint(name=name, url=url, protocol="openai", variant="instruct", priority=priority)
        Endpoint.objects.filter(name=name).update(context_window_override=window, discovered=facts)
    messages = [{"role": "user", "content": "count to 5 " + "word " * words}]
    return ended(start_generation(owner=owner, variant="instruct", messages=messages, parameters={"max_tokens": 100}))


@in_thread
def endpoint_of(generation: Generation) -> str:
    return Endpoint.objects.get(generations=generation).name


async def test_a_question_that_is_too_long_goes_to_a_wider_endpoint(
    alice: User, scripted_server: ScriptedServer
) -> None:
    generation = await ask_a_narrow_and_a_wide_one(alice, scripted_server.url, 2_000)
    assert (generation.state, generation.text, generation.attempt) == (State.SUCCEEDED, numbers(5), 1)
    assert await endpoint_of(generation) == "wide"


async def test_a_question_that_is_too_long_for_all_fails_with_the_widest_window(
    alice: User, scripted_server: ScriptedServer
) -> None:
    generation = await ask_a_narrow_and_a_wide_one(alice, scripted_server.url, 20_000)
    assert generation.state == State.FAILED
    assert "the model's window holds 16,000. Shorten one of them." in generation.error


async def test_a_prompt_that_one_server_does_not_take_goes_to_another_with_the_same_window(
    alice: User, scripted_server: ScriptedServer
) -> None:
    generation = await ask_a_narrow_and_a_wide_one(alice, scripted_server.url, 2_000, narrow=16_000, longest_prompt=600)
    assert (generation.state, generation.text) == (State.SUCCEEDED, numbers(5))
    assert await endpoint_of(generation) == "wide"
