"""The pages of a running router say what it is, also before its first request."""

import json

from apps.inference.http.connection import open_session
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from apps.inference.server_pages import Pages, read_pages, read_queue_size
from apps.inference.tokenizing import token_ids
from tests.support.router_answers import router_body, router_sends
from tests.support.scripted_server import ScriptedServer, scripted_server

__all__ = ["scripted_server"]


def test_limits_are_read() -> None:
    pages = {"/info": json.loads(router_body("info")), "/v1/models": json.loads(router_body("v1_models"))}
    facts = read_pages(Pages(pages))
    assert (facts.kind, facts.version) == ("tgi", "3.3.6-dev0")
    assert (facts.context_window, facts.max_input_tokens) == (4096, 3072)
    assert facts.model_ids == ("cl-7b-instruct",)


def test_queue_is_read_and_unknown_before_the_first_request() -> None:
    assert read_queue_size(router_body("metrics").decode()) == 0
    assert read_queue_size("") is None


async def test_tokens_are_counted(scripted_server: ScriptedServer) -> None:
    scripted_server.answer(router_sends("tokenize"))
    async with open_session() as http:
        ids = await token_ids(http, Server(scripted_server.url), "a", Timeouts())
    assert ids == [token["id"] for token in json.loads(router_body("tokenize"))]
