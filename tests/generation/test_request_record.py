"""A request record is enough to rebuild the request exactly as it went over the wire."""

import asyncio
from typing import Any

import pytest

from apps.accounts.models import User
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation, State
from apps.generation.request_record import RequestRecord
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import start_generation
from apps.inference.protocols import protocol_named
from apps.stores.threads import in_thread
from tests.generation.test_worker import PATIENCE, ended, wait_until
from tests.support.scripted_server import ScriptedServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("celery_worker_process")]

WINDOW = 450
MODEL = "CodeLlama-7b-Instruct-hf"
CHATS = {"/v1/chat/completions", "/generate_stream"}
EARLIER = "A long earlier remark about compilers and their optimisers. " * 8
SETTINGS = {"max_tokens": 200, "temperature": 0.4, "top_p": 0.9, "stop": ["###"], "seed": 7}


def posted(server: ScriptedServer) -> list[tuple[str, Any]]:
    return [(request.path, request.json) for request in server.requests if request.path in CHATS]


def written_again(generation: Generation) -> list[tuple[str, Any]]:
    posts = [
        protocol_named(sent.protocol).chat_post(sent.server, sent.request(generation.messages, generation.text))
        for sent in RequestRecord.read(generation.sent)
    ]
    return [(post.path, post.body) for post in posts if post]


def talk(owner: User, last: str, *, exchanges: int = 2) -> Generation:
    turns = [{"role": "user", "content": EARLIER}, {"role": "assistant", "content": EARLIER}] * exchanges
    messages = [{"role": "system", "content": "Be brief."}, *turns, {"role": "user", "content": last}]
    return start_generation(owner=owner, variant="instruct", messages=messages, parameters=SETTINGS)


@pytest.mark.parametrize(
    ("protocol", "size", "text"),
    [
        ("openai", "", "count to 30"),
        ("openai", "", "count to 30 cut after 8"),
        ("tgi", "", "count to 30 cut after 8"),
        ("tgi", "70B", "count"),
    ],
)
async def test_requests_are_kept_as_they_went(
    alice: User, scripted_server: ScriptedServer, protocol: str, size: str, text: str
) -> None:
    def run() -> Generation:
        add_endpoint(
            name="gpu-1", url=scripted_server.url, protocol=protocol, variant="instruct", size=size, model_id=MODEL
        )
        Endpoint.objects.update(context_window_override=WINDOW)
        return ended(talk(alice, text))

    generation = await in_thread(run)()
    assert generation.state == State.SUCCEEDED
    assert len(posted(scripted_server)) == (4 if "cut" in text else 1)
    assert written_again(generation) == posted(scripted_server)
    sent = RequestRecord.read(generation.sent)
    assert {(item.endpoint, item.model, item.window) for item in sent} == {("gpu-1", MODEL, WINDOW)}
    assert sent[-1].left_out == generation.left_out > 0
    assert [item.continued > 0 for item in sent] == [False, True, True, True][: len(sent)]


async def test_what_was_stopped_at_once_is_kept_too(alice: User, scripted_server: ScriptedServer) -> None:
    def start() -> Generation:
        add_endpoint(name="gpu-1", url=scripted_server.url, protocol="openai", variant="instruct")
        return talk(alice, "count to 9 stall after 1", exchanges=0)

    generation = await in_thread(start)()
    await asyncio.wait_for(scripted_server.request(), PATIENCE)
    await in_thread(cancel_generation)(generation_id=generation.pk)

    def is_kept() -> bool:
        generation.refresh_from_db()
        return bool(generation.sent)

    await in_thread(wait_until)(is_kept)
    assert generation.state == State.CANCELLED
    assert written_again(generation) == posted(scripted_server)


async def test_what_is_being_written_is_kept_with_the_checkpoint(alice: User, scripted_server: ScriptedServer) -> None:
    def start() -> Generation:
        add_endpoint(name="gpu-1", url=scripted_server.url, protocol="openai", variant="instruct")
        return talk(alice, "count to 1000 at 50 per second and hold at 50", exchanges=0)

    generation = await in_thread(start)()

    def is_kept() -> bool:
        generation.refresh_from_db()
        return bool(generation.sent)

    await in_thread(wait_until)(is_kept)
    assert generation.state == State.RUNNING
    assert written_again(generation) == posted(scripted_server)
    await in_thread(cancel_generation)(generation_id=generation.pk)


def test_only_the_latest_are_kept(db: None) -> None:
    sent = RequestRecord.read([{"at": "2026-11-22T14:02:00Z", "endpoint": "gpu-1", "protocol": "tgi", "size": None}])[0]
    entries: list[dict[str, Any]] = []
    for _ in range(50):
        entries = sent.added_to(entries)
    assert RequestRecord.read(entries) == [sent] * 20
