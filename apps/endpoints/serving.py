"""How a server is to be spoken to, given what it said of itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.inference.protocols.tgi import code_llama_size
from apps.inference.requests import Timeouts
from apps.inference.server import Server

# These send their headers when they take a request; llama.cpp, SGLang and others only with the first token.
ANSWER_AT_ONCE = ("tgi", "vllm")
ANSWER_SECONDS = 10.0


def informed(server: Server, discovered: Mapping[str, Any]) -> Server:
    """``server`` with its kind, and with the size of the model it serves where an admin named neither model nor size.

    ``discovered`` is ``Discovered.as_json()``; empty where nobody asked yet.
    """
    served = discovered.get("model_ids") or []
    size = server.size
    if size is None and not server.model and served:
        size = code_llama_size(Server(url="", model=served[0])) or ""
    return replace(server, kind=discovered.get("kind", "unknown"), size=size)


def timeouts_for(discovered: Mapping[str, Any]) -> Timeouts:
    """How long a server may take over a reply: one that should have answered long ago must not hold a person up.

    Nor is there patience for a server that never said what it is: most of those that hang never did.
    """
    must_answer = not discovered or discovered.get("kind") in ANSWER_AT_ONCE
    return Timeouts(first_answer=ANSWER_SECONDS if must_answer else None)
