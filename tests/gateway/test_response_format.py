"""``response_format`` reaches the servers that hold replies to it, in their words; elsewhere it is refused."""

import asyncio
from typing import Any

import httpx2 as httpx
import pytest

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from apps.stores.threads import in_thread
from tests.gateway.calls import assert_refused, body
from tests.support.scripted_server import ScriptedServer, scripted_server
from tests.support.services import Running

__all__ = ["scripted_server"]

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = {"type": "object", "properties": {"sum": {"type": "integer"}}, "required": ["sum"]}
NAMED = {"type": "json_schema", "json_schema": {"name": "result", "schema": SCHEMA, "strict": True}}
OBJECT = {"type": "json_object"}
FREE = {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}
CHAT, NATIVE = "/v1/chat/completions", "/generate_stream"


@in_thread
def serve(server: ScriptedServer, protocol: str, kind: str) -> Endpoint:
    endpoint = add_endpoint(
        name=f"{kind}-{protocol}", url=server.url, protocol=protocol, variant="instruct", size="7B", max_concurrency=9
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(discovered={"kind": kind})
    return endpoint


async def ask(api: httpx.Client, wanted: Any, question: str = "count to 3") -> httpx.Response:
    asked = {**body(question, model="code-llama-instruct"), "response_format": wanted}
    return await asyncio.to_thread(api.post, "chat/completions", json=asked)


def posted(server: ScriptedServer) -> list[dict[str, Any]]:
    return [request.json for request in server.requests if request.path in (CHAT, NATIVE)]


@pytest.mark.parametrize(
    ("protocol", "kind", "wanted", "sent"),
    [
        *(("openai", kind, OBJECT, OBJECT) for kind in ("vllm", "sglang", "llama.cpp")),
        ("openai", "vllm", NAMED, NAMED),
        ("openai", "vllm", FREE, {**FREE, "json_schema": {"schema": {"type": "object"}, "name": "reply"}}),
        ("openai", "tgi", NAMED, {"type": "json_object", "value": SCHEMA}),
        ("tgi", "tgi", NAMED, {"type": "json", "value": SCHEMA}),
    ],
)
async def test_a_format_is_passed_on(  # noqa: PLR0913, PLR0917 (a case and its fixtures)
    protocol: str,
    kind: str,
    wanted: Any,
    sent: Any,
    api: httpx.Client,
    scripted_server: ScriptedServer,
    celery_worker_process: Running,
) -> None:
    await serve(scripted_server, protocol, kind)
    response = await ask(api, wanted)
    assert response.status_code == 200, response.text
    (request,) = posted(scripted_server)
    assert (request["response_format"] if protocol == "openai" else request["parameters"]["grammar"]) == sent
    generation = await Generation.objects.aget()
    assert generation.sent[0]["parameters"]["response_format"] == generation.parameters["response_format"]


@pytest.mark.parametrize(
    ("protocol", "kind", "wanted"),
    [
        ("openai", "unknown", OBJECT),
        ("tgi", "tgi", OBJECT),
        ("openai", "tgi", FREE),
        ("openai", "vllm", {"type": "xml"}),
        ("openai", "vllm", {"type": "json_schema"}),
        ("openai", "vllm", {"type": "json_schema", "json_schema": {"schema": {"title": "\0"}}}),
        ("openai", "vllm", "json"),
    ],
)
async def test_a_format_that_cannot_be_kept_is_refused(
    protocol: str, kind: str, wanted: Any, api: httpx.Client, scripted_server: ScriptedServer
) -> None:
    await serve(scripted_server, protocol, kind)
    response = await ask(api, wanted)
    assert assert_refused(response, 400, code=None, param="response_format").endswith(".")
    assert not await Generation.objects.aexists()


async def test_only_servers_that_keep_it_are_asked(
    api: httpx.Client, scripted_server: ScriptedServer, celery_worker_process: Running
) -> None:
    await serve(scripted_server, "openai", "unknown")
    able = await serve(scripted_server, "openai", "vllm")
    response = await ask(api, OBJECT)
    assert response.status_code == 200, response.text
    generation = await Generation.objects.aget()
    assert (generation.wanted_endpoint_id, generation.endpoint_id) == (able.pk, able.pk)


async def test_a_reply_that_breaks_off_is_not_continued_out_of_its_format(
    api: httpx.Client, scripted_server: ScriptedServer, celery_worker_process: Running
) -> None:
    await serve(scripted_server, "openai", "vllm")
    response = await ask(api, OBJECT, "count to 9, reset after 4")
    assert "would not keep to its format" in assert_refused(response, 503, code="generation_failed")
    assert len(posted(scripted_server)) == 1
    assert (await Generation.objects.aget()).text == "1 2 3 4"
