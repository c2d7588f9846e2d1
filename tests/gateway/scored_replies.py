"""Servers that answer with the log probabilities of their tokens, and the chats that ask for them."""

from typing import Any

import openai

from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.stores.threads import in_thread
from tests.support.scored_wire import Stream, Token
from tests.support.scripted_server import ScriptedServer
from tests.support.wire import Send, head

TOKENS = [
    Token("def", -0.5, (("class", -1.5),)),
    Token(" ", -0.125),
    Token("", -0.75, name="\ufffd"),
    Token("é", -1.25, (("e", -2.0),), name="\ufffd"),
    Token("(x):\n", -0.0625, (("()", -3.0),)),
]
TEXT = "def é(x):\n"
QUESTION: Any = [{"role": "user", "content": "Write é."}]


@in_thread
def serve(server: ScriptedServer, protocol: str, kind: str, variant: str = "instruct", **more: Any) -> Endpoint:
    endpoint = add_endpoint(
        name=f"{kind}-{protocol}-{variant}", url=server.url, protocol=protocol, variant=variant, size="7B", **more
    )
    Endpoint.objects.filter(pk=endpoint.pk).update(discovered={"kind": kind})
    return endpoint


def script(server: ScriptedServer, stream: Stream, tokens: list[Token] = TOKENS) -> None:
    server.answer(head(), *map(Send, stream(tokens)))


async def chat(client: openai.AsyncOpenAI, *, streams: bool) -> tuple[str, list[Any]]:
    asked: dict[str, Any] = {"model": "instruct", "messages": QUESTION, "logprobs": True, "top_logprobs": 2}
    if not streams:
        (choice,) = (await client.chat.completions.create(**asked)).choices
        assert choice.logprobs is not None
        return choice.message.content or "", choice.logprobs.content or []
    text = ""
    told: list[Any] = []
    async for chunk in await client.chat.completions.create(**asked, stream=True):
        scores = chunk.choices[0].logprobs
        piece = chunk.choices[0].delta.content or ""
        assert "".join(token.token for token in (scores and scores.content) or ()) == piece
        text += piece
        told += (scores and scores.content) or []
    return text, told
