"""Request records: what was sent to a model server, beside the generation's own messages."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Self

import msgspec

from apps.inference.prompts import Order
from apps.inference.requests import SAMPLING_PARAMETERS, ChatMessage, ChatRequest, CompletionRequest
from apps.inference.server import Server, ServerKind

MOST = 20  # records kept per generation, the latest

type RequestRecords = list[dict[str, Any]]


class RequestRecord(msgspec.Struct, frozen=True):
    """One request at the moment ``at``: the facts that the generation itself does not hold.

    ``left_out`` counts the messages that were not sent, the oldest after the system prompt. ``continued`` counts the
    code points of the reply that were sent to be continued. ``cut_before`` and ``cut_after`` count the code points of a
    document that did not fit the window, at its beginning and at its end; ``order`` is the infilling prompt's order.
    ``window`` is in tokens; ``size`` as in ``Server``.
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
    cut_before: int = 0
    cut_after: int = 0
    order: Order | None = None
    parameters: Mapping[str, Any] = {}

    @property
    def server(self) -> Server:
        """Return the server as it was at the request, without its address, to build the same request again."""
        return Server(url="", model=self.model, kind=self.kind, size=self.size)

    def split(self, messages: list[dict[str, str]]) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Return the ``messages`` that were sent, and those that were left out."""
        start = 1 if messages and messages[0]["role"] == "system" else 0
        end = start + self.left_out
        return messages[:start] + messages[end:], messages[start:end]

    def request(self, messages: list[dict[str, str]], text: str) -> ChatRequest:
        """Return the request that was built from the generation's ``messages`` and ``text``."""
        turns = [ChatMessage(turn["role"], turn["content"]) for turn in self.split(messages)[0]]  # type: ignore[arg-type]
        if self.continued:
            turns.append(ChatMessage("assistant", text[: self.continued]))
        return ChatRequest(turns, **self.parameters)

    @property
    def model_name(self) -> str:
        """Return the model's name without its owner, or the endpoint's name if the server serves one unnamed model."""
        return self.model.rpartition("/")[2] or self.endpoint

    def added_to(self, earlier: RequestRecords) -> RequestRecords:
        return [*earlier, msgspec.to_builtins(self)][-MOST:]

    @classmethod
    def writers(cls, entries: Iterable[Mapping[str, Any]], length: int) -> list[Self]:
        """Return the records whose request added to a reply of ``length`` code points."""
        records = cls.read(entries)
        ends = [record.continued for record in records[1:]] + [length]
        return [record for record, end in zip(records, ends, strict=False) if end > record.continued]

    @classmethod
    def read(cls, entries: Iterable[Mapping[str, Any]]) -> list[Self]:
        return [msgspec.convert(entry, cls) for entry in entries]


def record_request(server: Server, request: ChatRequest | CompletionRequest, **facts: Any) -> RequestRecord:
    """Return the record of a request that is sent to ``server`` now."""
    given = {name: getattr(request, name, None) for name in (*SAMPLING_PARAMETERS, "response_format", "logprobs")}
    parameters = {name: value for name, value in given.items() if value not in (None, (), [])}
    return RequestRecord(
        at=datetime.now(UTC), kind=server.kind, model=server.model, size=server.size, parameters=parameters, **facts
    )
