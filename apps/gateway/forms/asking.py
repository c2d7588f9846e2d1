"""The fields that chats and completions share."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from apps.inference.protocols.parameters import MOST_TOKENS

# 0 and -1 mean "no limit of mine" to several clients and servers.
Tokens = Annotated[int, Meta(ge=-1, le=MOST_TOKENS)]
StopText = Annotated[str, Meta(max_length=1000)]
StopList = list[StopText]


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Asking(msgspec.Struct, kw_only=True):
    """The fields that ask for a reply.

    Values by which clients and other servers mean "default", "greedy" or "random" are taken for that: ``max_tokens`` 0
    or -1, ``top_p`` 0, a negative ``seed``, empty stop sequences.
    """

    model: Annotated[str, Meta(min_length=1, max_length=300)]
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop: StopText | StopList | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    n: int | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    # Read only to refuse them.
    tools: Any = None
    functions: Any = None
    logprobs: Any = None
    top_logprobs: Any = None
    logit_bias: Any = None
    audio: Any = None
    response_format: Any = None

    @property
    def longest(self) -> int | None:
        """Return the largest number of tokens that the reply may have."""
        return self.max_tokens if (self.max_tokens or 0) > 0 else None

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the sampling parameters that were set, in the form that generations store."""
        is_greedy = self.top_p == 0
        given = {
            "max_tokens": self.longest,
            "temperature": 0.0 if is_greedy else self.temperature,
            "top_p": None if is_greedy else self.top_p,
            "stop": self.stops or None,
            "seed": self.seed if (self.seed or 0) >= 0 else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def stops(self) -> list[str]:
        """Return the stop sequences, without empty ones."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in given if stop]

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def texts(self) -> Iterator[str]:
        """Yield every text that will be stored."""
        yield self.model
        yield from self.parameters.get("stop", ())
