"""How a server is to be spoken to, given what it said of itself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.inference.protocols.tgi import code_llama_size
from apps.inference.server import Server


def informed(server: Server, discovered: Mapping[str, Any]) -> Server:
    """``server`` with its kind, and with the size of the model it serves where an admin named neither model nor size.

    ``discovered`` is ``Discovered.as_json()``; empty where nobody asked yet.
    """
    served = discovered.get("model_ids") or []
    size = server.size
    if size is None and not server.model and served:
        size = code_llama_size(Server(url="", model=served[0])) or ""
    return replace(server, kind=discovered.get("kind", "unknown"), size=size)
