"""Check requests before they are sent, for all protocols. Each protocol then uses its own names."""

import math
from collections.abc import Sequence
from typing import NoReturn, Protocol

from apps.inference.errors import InvalidRequest
from apps.inference.requests import ChatRequest, CompletionRequest

MOST_STOPS = 4  # TGI's limit unless it was started with another, and OpenAI's
MOST_TOKENS = 2**31 - 1  # all servers keep it in at least 32 bits, some with a sign


class Sampling(Protocol):
    """The parameters that chats and completions share."""

    @property
    def max_tokens(self) -> int | None: ...
    @property
    def temperature(self) -> float | None: ...
    @property
    def top_p(self) -> float | None: ...
    @property
    def stop(self) -> Sequence[str]: ...
    @property
    def seed(self) -> int | None: ...
    @property
    def logprobs(self) -> int | None: ...


def check_sampling(sampling: Sampling) -> None:
    """Raise ``InvalidRequest`` for what no server would accept."""
    if isinstance(sampling.stop, str):
        refuse("Stop sequences are a list, not one text.")
    if not all(sampling.stop):
        refuse("A stop sequence cannot be empty.")
    if len(sampling.stop) > MOST_STOPS:
        refuse(f"At most {MOST_STOPS} stop sequences can be asked for.")
    if sampling.max_tokens is not None and sampling.max_tokens < 1:
        refuse("The longest reply must be at least one token.")
    if sampling.max_tokens is not None and sampling.max_tokens > MOST_TOKENS:
        refuse(f"The longest reply can be at most {MOST_TOKENS:,} tokens.")
    if sampling.temperature is not None and not (math.isfinite(sampling.temperature) and sampling.temperature >= 0):
        refuse("The temperature must be 0 or more.")
    if sampling.top_p is not None and not 0 < sampling.top_p <= 1:
        refuse("Top-p must be above 0 and at most 1.")
    if sampling.seed is not None and not 0 <= sampling.seed < 2**63:
        refuse("The seed must be 0 or more and fit into 63 bits.")


def check_chat(request: ChatRequest) -> None:
    """Raise ``InvalidRequest`` for a chat that no server would accept."""
    if not any(message.content for message in request.messages):
        refuse("There is no message to answer.")
    check_sampling(request)


def check_completion(request: CompletionRequest) -> None:
    """Raise ``InvalidRequest`` for a completion that no server would accept."""
    if not request.prompt and not request.suffix:
        refuse("There is no text to complete.")
    check_sampling(request)


def top_p_of(sampling: Sampling) -> float | None:
    """Return the top-p to send; ``None`` for 1, which means no limit. TGI refuses the figure 1."""
    return sampling.top_p if sampling.top_p is not None and sampling.top_p < 1 else None


def refuse(sentence: str) -> NoReturn:
    """Raise ``InvalidRequest`` with ``sentence``."""
    raise InvalidRequest(sentence, sentence=sentence)
