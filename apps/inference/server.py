"""The address of one model server."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Server:
    """Where a model server listens and what it wants to be told.

    ``url`` is the root, without ``/v1`` and without a trailing slash (both are tolerated). ``model`` is the id to ask
    for; empty where the server serves one model and wants no name. ``token`` goes out as ``Authorization: Bearer``.
    """

    url: str
    model: str = ""
    token: str = field(default="", repr=False)

    def address(self, path: str) -> str:
        """Return the full URL of ``path``, which begins with a slash."""
        return self.url.rstrip("/").removesuffix("/v1") + path
