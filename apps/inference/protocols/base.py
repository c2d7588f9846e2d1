"""What every protocol does for its caller, and the shapes that cross the border."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Literal

import aiohttp

from apps.inference.server import Server

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat to be answered.

    ``messages`` end with the user's turn, or with a partial assistant turn that is to be continued: the stream then
    yields only what is new. ``None`` leaves a parameter to the server. ``temperature`` 0 means greedy.
    """

    messages: Sequence[ChatMessage]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: Sequence[str] = ()
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the server reports them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Delta:
    """What one read from the server brought: all the text in it, joined, and how many events carried text.

    The last delta of a stream, and no other, has a ``finish_reason``; its text may be empty. ``usage`` is there when
    the server reports it. The text can always be stored: U+FFFD stands for lone surrogates and NUL.
    """

    text: str
    tokens: int = 0
    finish_reason: FinishReason | None = None
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds a caller is ready to wait; keep-alive bytes count as life between tokens, not for the first one."""

    connect: float = 5.0
    first_token: float = 120.0
    between_tokens: float = 60.0
    total: float = 1800.0


class Protocol(ABC):
    """One way of speaking to model servers.

    ``stream_chat`` yields deltas as they arrive, one per network read, and ends normally only after a delta with a
    ``finish_reason``. Whatever else happens raises an ``InferenceError`` (``apps.inference.errors``): bad bytes, an
    error event, a status, a silent server, a connection that ends early. Closing the generator closes the socket at
    once, which frees the server's slot: iterate inside ``contextlib.aclosing``, so that cancelling the task closes it
    wherever the task happens to wait.
    """

    @abstractmethod
    def stream_chat(
        self, http: aiohttp.ClientSession, server: Server, request: ChatRequest, timeouts: Timeouts
    ) -> AsyncGenerator[Delta]:
        """Answer ``request``, streaming."""
