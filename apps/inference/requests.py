"""The shapes that cross the border between the application and a model server: requests, deltas, time limits."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from apps.inference.logprobs import ScoredToken
from apps.inference.prompts.prompt import Prompt

# The sampling parameters of requests, by their names everywhere.
SAMPLING_PARAMETERS = ("temperature", "top_p", "max_tokens", "stop", "seed")

Role = Literal["system", "user", "assistant"]
# "stop", "length", "content_filter", "tool_calls", "unknown" (the server named none), or the server's own word.
type FinishReason = str


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
    ``response_format`` as in ``apps.inference.protocols.formats``. With ``logprobs`` the deltas are ``ScoredDelta``,
    with so many likely tokens for each place.
    """

    messages: Sequence[ChatMessage]
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    response_format: Mapping[str, Any] | None = None
    logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A text to be continued exactly as it stands: a prompt of any kind, rendered, without BOS.

    With a ``suffix`` it is a gap to be filled between ``prompt`` and ``suffix``, which only llama.cpp does by itself;
    for other servers render an infilling prompt (``apps.inference.prompts``) and send that as ``prompt``.
    """

    prompt: str
    suffix: str = ""
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    stop: Sequence[str] = ()
    seed: int | None = None
    logprobs: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A request as it is sent: a path and its JSON body. ``prompt`` is the prompt rendered into the body."""

    path: str
    body: dict[str, Any]
    prompt: Prompt | None = None

    @property
    def content(self) -> bytes:
        """Return the bytes of the body."""
        return as_content(self.body)


def as_content(body: dict[str, Any]) -> bytes:
    """Return ``body`` as JSON bytes."""
    return json.dumps(body, allow_nan=False).encode()


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the server reports them; older TGI counts only the reply."""

    prompt_tokens: int | None
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds from sending the request, by our own clock: to the first text (``None`` without any) and to the end."""

    first_token: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Delta:
    """The result of one read from the server: all the text in it, joined, and how many events carried text.

    ``tokens`` counts the events that carried text; from TGI each event is a token, with text or without. The last delta
    of a stream, and no other, has a ``finish_reason`` and ``timings``; its text may be empty. ``usage`` is there when
    the server reports it. ``whole_text`` is there when the server says at the end that the reply differs
    from the texts it streamed (TGI with some tokenizers); it then replaces them. The text can always be stored: U+FFFD
    stands for lone surrogates and NUL.
    """

    text: str
    tokens: int = 0
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    whole_text: str | None = None
    timings: Timings | None = None


@dataclass(frozen=True, slots=True)
class ScoredDelta(Delta):
    """A delta with the tokens whose texts join to what the server sent as text."""

    scored: Sequence[ScoredToken] = ()


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Time limits in seconds; keep-alive bytes count as activity between tokens, not for the first one.

    ``first_answer`` is for servers that send status and headers long before the first token: without them the server
    hangs. ``None`` if the headers may take until the first token. Requests other than streams must be answered
    completely within ``until_answered`` seconds.
    """

    connect: float = 5.0
    first_token: float = 120.0
    between_tokens: float = 60.0
    total: float = 1800.0
    first_answer: float | None = None

    @property
    def until_answered(self) -> float:
        """Return the seconds within which the server must have answered in some way."""
        limits = (self.first_answer, self.first_token, self.total)
        return min(limit for limit in limits if limit is not None)
