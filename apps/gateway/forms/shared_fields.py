"""The fields that chats and completions share."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, TypedDict

import msgspec
from msgspec import Meta

from apps.gateway.errors import InvalidRequest
from apps.inference.protocols.parameters import MOST_STOPS, MOST_TOKENS

# 0 and -1 mean "no limit of mine" to several clients and servers.
Tokens = Annotated[int, Meta(ge=-1, le=MOST_TOKENS)]
# For the API's description. Postgres cannot store NUL, so ``check`` refuses it.
STORABLE = {"pattern": r"^[^\x00]*$"}
Text = Annotated[str, Meta(extra_json_schema=STORABLE)]
StopText = Annotated[str, Meta(max_length=1000, extra_json_schema=STORABLE)]
StopList = list[StopText]
NOTHING: list[Any] = [None, False, 0, "", [], {}]
Refused = Annotated[Any, Meta(description="Refused unless empty.", extra_json_schema={"enum": NOTHING})]
PLAIN = {"type": "text"}

# Fields that would change the content of the answer. Unknown fields change its style at most, and are ignored.
UNABLE = {
    "tools": "Only replies of a chat can call a function: leave the tools out.",
    "functions": "Functions are asked for as tools, by newer clients: see tools and tool_choice.",
    "logit_bias": "Tokens cannot be given a bias here.",
    "audio": "Only text can be answered here.",
    "response_format": "Only replies of a chat can have a format: leave it out, and ask for one in words.",
}


class Needs(TypedDict, total=False):
    """Conditions that not every model server meets.

    ``reply_format`` holds the reply, and the field ``format_of`` asks for it. ``likely`` tokens are wanted for each
    place, with log probabilities.
    """

    reply_format: dict[str, Any]
    format_of: str
    likely: int


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class Asking(msgspec.Struct, kw_only=True):
    """The fields that ask for a reply.

    Other servers' spellings of "default", "greedy" and "random" are understood: ``max_tokens`` 0
    or -1, ``top_p`` 0, a negative ``seed``, empty stop sequences.
    """

    most_stops: ClassVar[int] = MOST_STOPS
    unable: ClassVar[Mapping[str, str]] = UNABLE

    model: Annotated[str, Meta(min_length=1, max_length=300)]
    max_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop: StopText | StopList | None = None
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] | None = None
    n: Annotated[int | None, Meta(extra_json_schema={"enum": [None, 1]})] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    # Read only to refuse them.
    tools: Refused = None
    functions: Refused = None
    logit_bias: Refused = None
    audio: Refused = None
    response_format: Annotated[Any, Meta(extra_json_schema={"enum": [*NOTHING, PLAIN]})] = None

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
            "logprobs": self.likely,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def likely(self) -> int | None:
        """Return how many likely tokens to list for each token; ``None`` without log probabilities."""
        return None

    @property
    def needs(self) -> Needs:
        """Return the conditions on the model server. Raises ``InvalidRequest``."""
        return {} if self.likely is None else {"likely": self.likely}

    @property
    def stops(self) -> list[str]:
        """Return the stop sequences, without empty ones."""
        given = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [stop for stop in given if stop]

    @property
    def wants_usage(self) -> bool:
        return bool(self.stream_options and self.stream_options.include_usage)

    def check(self) -> None:
        """Raise ``InvalidRequest``, naming the field, if the workbench cannot do what the request asks."""
        for name, sentence in self.unable.items():
            if (value := getattr(self, name)) and value != PLAIN:
                raise InvalidRequest(sentence, param=name)
        if len(self.stops) > self.most_stops:
            raise InvalidRequest(f"At most {self.most_stops} stop sequences can be given.", param="stop")
        if self.n not in (None, 1):
            raise InvalidRequest("Each prompt gets one reply: n can only be 1.", param="n")
        if any("\0" in text for text in self.texts()):
            raise InvalidRequest("A text holds a NUL character, which cannot be stored.")

    def texts(self) -> Iterator[str]:
        """Yield every text that will be stored."""
        yield self.model
        yield from self.parameters.get("stop", ())
