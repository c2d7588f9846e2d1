"""Choose how to call a server, by what it reported about itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.inference.protocols.tgi import code_llama_size
from apps.inference.requests import Timeouts
from apps.inference.server import Server

# Servers that send their headers when they take a request. llama.cpp, SGLang and others wait for the first token.
ANSWER_AT_ONCE = ("tgi", "vllm")
ANSWER_SECONDS = 10.0


def informed(server: Server, discovered: Mapping[str, Any]) -> Server:
    """Return ``server`` with its kind, and with its model's size if no model or size was configured.

    ``discovered`` is ``Discovered.as_json()``; empty before the first probe.
    """
    served = discovered.get("model_ids") or []
    size = server.size
    if size is None and not server.model and served:
        size = code_llama_size(Server(url="", model=served[0])) or ""
    return replace(server, kind=discovered.get("kind", "unknown"), size=size)


def timeouts_for(discovered: Mapping[str, Any]) -> Timeouts:
    """Return the time limits for a reply: a server that should have answered long ago must not delay a person.

    A server that never reported its kind gets the shorter limit too: most servers that hang never reported it.
    """
    must_answer = not discovered or discovered.get("kind") in ANSWER_AT_ONCE
    return Timeouts(first_answer=ANSWER_SECONDS if must_answer else None)
