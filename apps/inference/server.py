"""The address of one model server."""

from dataclasses import dataclass, field
from typing import Literal

ServerKind = Literal["tgi", "vllm", "sglang", "llama.cpp", "unknown"]


@dataclass(frozen=True, slots=True)
class Server:
    """The address of a model server, and what it needs to be told.

    ``url`` is the root, without ``/v1`` and without a trailing slash (both are tolerated). ``model`` is the id to ask
    for; empty if the server serves one model and wants no name. ``token`` is sent as ``Authorization: Bearer``.

    ``kind`` is what ``discover`` found: some keys and paths are only for servers that are known to take them. ``size``
    chooses the prompt format of a Code Llama Instruct if the protocol renders prompts: ``None`` goes by the model's
    name; empty means another model, whose template the server applies.
    """

    url: str
    model: str = ""
    token: str = field(default="", repr=False)
    kind: ServerKind = "unknown"
    size: str | None = None

    def address(self, path: str) -> str:
        """Return the full URL of ``path``, which begins with a slash."""
        return self.url.rstrip("/").removesuffix("/v1") + path
