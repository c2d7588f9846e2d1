"""What was sent to a model server: what stands beside a generation's own messages, so that a request can be shown."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest
from apps.inference.server import Server, ServerKind

SAMPLING = ("max_tokens", "temperature", "top_p", "stop", "seed")
MOST = 20  # streams of one generation that are kept, the latest

type SentList = list[dict[str, Any]]


class Sent(msgspec.Struct, frozen=True):
    """One request, by what it had that the generation does not say, as things were at the moment ``at``.

    ``left_out`` is how many messages were not sent, the oldest after the system prompt. ``continued`` is how many code
    points of the reply were sent back, to be gone on with. ``window`` is in tokens; ``size`` as in ``Server``.
    """

    at: datetime
    endpoint: str
    protocol: str
    kind: ServerKind = "unknown"
    model: str = ""
    size: str | None = None
    window: int | None = None
    left_out: int = 0
    continued: int = 0
    parameters: Mapping[str, Any] = {}

    @property
    def server(self) -> Server:
        """The server as it was, to write the same request for it again; its address is not kept."""
        return Server(url="", model=self.model, kind=self.kind, size=self.size)

    def split(self, messages: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """The generation's ``messages`` that were sent, and those that were left out."""
        start = 1 if messages and messages[0]["role"] == "system" else 0
        end = start + self.left_out
        return messages[:start] + messages[end:], messages[start:end]

    def request(self, messages: list[dict[str, str]], text: str) -> ChatRequest:
        """The request that was made of the generation's ``messages``, for what was missing of its ``text``."""
        turns = [ChatMessage(turn["role"], turn["content"]) for turn in self.split(messages)[0]]  # type: ignore[arg-type]
        if self.continued:
            turns.append(ChatMessage("assistant", text[: self.continued]))
        return ChatRequest(turns, **self.parameters)

    def added_to(self, earlier: SentList) -> SentList:
        return [*earlier, msgspec.to_builtins(self)][-MOST:]

    @classmethod
    def read(cls, entries: Iterable[Mapping[str, Any]]) -> list[Self]:
        return [msgspec.convert(entry, cls) for entry in entries]


def now_sent(server: Server, request: ChatRequest | CompletionRequest, **facts: Any) -> Sent:
    """What is sent to ``server`` now."""
    given = {name: getattr(request, name) for name in SAMPLING}
    parameters = {name: value for name, value in given.items() if value not in (None, (), [])}
    return Sent(
        at=datetime.now(UTC), kind=server.kind, model=server.model, size=server.size, parameters=parameters, **facts
    )
