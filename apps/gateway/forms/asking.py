"""What chats and completions have in common."""

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from apps.inference.protocols.parameters import MOST_STOPS, MOST_TOKENS

Tokens = Annotated[int, Meta(ge=1, le=MOST_TOKENS)]
StopText = Annotated[str, Meta(min_length=1, max_length=1000)]
StopList = Annotated[list[StopText], Meta(max_length=MOST_STOPS)]


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Asking(msgspec.Struct, kw_only=True):
    """The fields by which a reply is asked for, whatever it replies to."""

    model: Annotated[str, Meta(min_length=1, max_length=300)]
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    stop: StopText | StopList | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    n: int | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    # Read only to be refused.
    tools: Any = None
    functions: Any = None
    logprobs: Any = None
    top_logprobs: Any = None
    logit_bias: Any = None
    audio: Any = None
    response_format: Any = None

    @property
    def longest(self) -> int | None:
        """The most tokens that the reply may have."""
        return self.max_tokens

    @property
    def parameters(self) -> dict[str, Any]:
        """The sampling parameters that were given, as generations keep them."""
        given = {
            "max_tokens": self.longest,
            "temperature": self.temperature,
            "top_p": self.top_p,
            "stop": [self.stop] if isinstance(self.stop, str) else self.stop,
            "seed": self.seed,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def texts(self) -> Iterator[str]:
        """Everything that will be stored."""
        yield self.model
        yield from self.parameters.get("stop", ())
