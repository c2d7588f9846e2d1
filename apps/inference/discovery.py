"""Find out what a model server is, which model it serves, and what it supports.

The requests go to small information pages, plus one for the tokens of one character, all at once; nothing is generated.
A missing or unreadable page only leaves a fact unknown.
"""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import aiohttp

from apps.inference.errors import (
    AuthenticationFailed,
    InferenceError,
    Interrupted,
    InvalidRequest,
    NotServed,
    ProtocolError,
)
from apps.inference.http.calls import get_json, get_text, post_json
from apps.inference.http.responses import NOT_HTTP
from apps.inference.protocols.tgi import code_llama_size
from apps.inference.requests import Timeouts
from apps.inference.server import Server
from apps.inference.server_pages import PATHS, Facts, Pages, read_pages, read_queue_size
from apps.inference.tokenizing import token_ids

CHAT_QUESTION = {"messages": [{"role": "user", "content": "a"}]}
WEB_SERVER = "A web server answers, but it has no model API. Check the address and the port."
CLOSED = "The server closed the connection without an answer. Check the port, and whether its address is https://."
CONTINUES_SINCE = 3  # TGI's first major version that continues a partial reply in the OpenAI style
# Generates nothing: a model without the infilling tokens refuses before it computes anything.
INFILL_QUESTION = {"input_prefix": "a", "input_suffix": "b", "prompt": "", "n_predict": 0}


@dataclass(frozen=True, slots=True)
class Discovered(Facts):
    """Facts that a server reports about itself. Facts that it does not report are ``None`` or empty.

    ``context_window`` counts the tokens of prompt and reply together. ``capabilities`` are what the server supports out
    of ``chat``, ``complete``, ``infill``, ``tokenize`` and ``continue`` (a partial reply); the catalogue says what its
    model was trained for. ``queue_size`` is the number of waiting requests.
    """

    queue_size: int | None = None
    capabilities: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return the known facts as plain JSON."""
        facts = {name: getattr(self, name) for name in self.__dataclass_fields__}
        facts |= {"model_ids": list(self.model_ids), "capabilities": sorted(self.capabilities)}
        return {name: fact for name, fact in facts.items() if fact not in (None, "", [])}


async def discover(http: aiohttp.ClientSession, server: Server, protocol: str, timeouts: Timeouts) -> Discovered:
    """Find out what ``server`` is.

    ``protocol``, ``tgi`` or ``openai``, is the protocol that it will be used with. Raises an ``InferenceError`` if the
    server cannot be reached, refuses the token, does not speak the protocol, or answers nothing that a model server
    would.
    """
    *answers, metrics, tokens = await asyncio.gather(
        *(_or_error(get_json(http, server, path, timeouts)) for path in PATHS),
        _or_error(get_text(http, server, "/metrics", timeouts)),
        _or_error(token_ids(http, server, "a", timeouts)),
    )
    facts = read_pages(Pages(dict(zip(PATHS, answers, strict=True))))
    _check(facts, protocol, dict(zip((*PATHS, "/tokenize"), (*answers, tokens), strict=True)))
    capabilities = await _capabilities(http, server, facts, protocol, timeouts)
    return Discovered(
        **{name: getattr(facts, name) for name in Facts.__dataclass_fields__},
        queue_size=None if isinstance(metrics, InferenceError) else read_queue_size(metrics),
        capabilities=frozenset(capabilities | ({"tokenize"} if isinstance(tokens, list) else set())),
    )


async def _or_error(answer: Awaitable[Any]) -> Any:
    try:
        return await answer
    except InferenceError as error:
        if type(error) is Interrupted:
            error.sentence = CLOSED  # no reply was under way
        return error


def _check(facts: Facts, protocol: str, answers: dict[str, Any]) -> None:
    # Each kind of server guards one of these pages by its token; a proxy may guard more.
    for path in ("/v1/models", "/tokenize"):
        if isinstance(answers[path], AuthenticationFailed):
            raise answers[path]
    failures = [answer for answer in answers.values() if isinstance(answer, InferenceError)]
    if facts.kind == "unknown" and not facts.model_ids:
        telling = [failure for failure in failures if not _says_little(failure)]
        # A program that does not speak HTTP closes some connections without an answer: name the real cause first.
        telling.sort(key=lambda failure: failure.sentence != NOT_HTTP)
        raise next(iter(telling), None) or ProtocolError("no page of a model server", sentence=WEB_SERVER)
    if protocol == "tgi" and facts.kind not in ("tgi", "unknown"):
        sentence = f"This is a {facts.kind} server, not Text Generation Inference: use the OpenAI style."
        raise NotServed(sentence, sentence=sentence)


def _says_little(failure: InferenceError) -> bool:
    """Return whether any web server could fail like this: a missing page, a page for people, a refused request."""
    if failure.sentence == NOT_HTTP:
        return False
    return isinstance(failure, (NotServed, ProtocolError)) or failure.sentence == InvalidRequest.sentence


async def _capabilities(
    http: aiohttp.ClientSession, server: Server, facts: Facts, protocol: str, timeouts: Timeouts
) -> set[str]:
    match facts.kind:
        case "tgi" if protocol == "tgi" and code_llama_size(server):
            return {"chat", "complete", "infill", "continue"}
        case "tgi":
            chat = await _takes(http, server, "/chat_tokenize", CHAT_QUESTION, timeouts)
            continued = {"continue"} if protocol == "tgi" or _major(facts.version) >= CONTINUES_SINCE else set()
            return {"complete", "infill"} | ({"chat"} | continued if chat else set())
        case "llama.cpp":
            infill = await _takes(http, server, "/infill", INFILL_QUESTION, timeouts)
            return {"chat", "complete", "continue"} | ({"infill"} if infill else set())
        case "vllm" | "sglang":
            return {"chat", "complete", "infill", "continue"}
    return {"chat", "complete"}


async def _takes(
    http: aiohttp.ClientSession, server: Server, path: str, question: dict[str, Any], timeouts: Timeouts
) -> bool:
    """Return whether the server accepts ``question``. Only a clear refusal gives ``False``; a missing page does not."""
    answer = await _or_error(post_json(http, server, path, question, timeouts))
    return not isinstance(answer, InvalidRequest) or isinstance(answer, NotServed)


def _major(version: str) -> int:
    found = re.match(r"v?(\d{1,4})\.", version)
    return int(found[1]) if found else 0
