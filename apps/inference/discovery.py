"""Finds out what a model server is, what it serves and what it takes, from its small unbilled pages.

Nothing is generated: a few ``GET`` requests and one tokenization, all at once.
"""

from dataclasses import dataclass
from typing import Any

import aiohttp

from apps.inference.protocols.base import Timeouts
from apps.inference.server import Server, ServerKind


@dataclass(frozen=True, slots=True)
class Discovered:
    """What a server says of itself; ``None`` and empty where it says nothing.

    ``context_window`` counts the tokens of prompt and reply together. ``capabilities`` are what the server can carry
    out, out of ``chat``, ``complete``, ``infill``, ``tokenize`` and ``continue`` (a partial reply): what its model was
    trained for is another question, which the catalogue answers. ``queue_size`` is the number of waiting requests.
    """

    kind: ServerKind = "unknown"
    version: str = ""
    model_ids: tuple[str, ...] = ()
    context_window: int | None = None
    max_input_tokens: int | None = None
    max_total_tokens: int | None = None
    max_stop_sequences: int | None = None
    max_concurrent_requests: int | None = None
    queue_size: int | None = None
    capabilities: frozenset[str] = frozenset()

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON, without what is not known."""
        facts = {name: getattr(self, name) for name in self.__slots__}
        facts |= {"model_ids": list(self.model_ids), "capabilities": sorted(self.capabilities)}
        return {name: fact for name, fact in facts.items() if fact not in (None, "", [])}


async def discover(http: aiohttp.ClientSession, server: Server, protocol: str, timeouts: Timeouts) -> Discovered:
    """Ask ``server`` what it is; raise an ``InferenceError`` when it cannot be asked or is no model server."""
    raise NotImplementedError
