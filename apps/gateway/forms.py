"""What callers may ask for, checked. Fields that are not named here are ignored."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from apps.gateway.errors import InvalidRequest
from apps.inference.protocols.parameters import MOST_STOPS, MOST_TOKENS

PLACE = re.compile(r" - at `\$\.(\w+)")

Tokens = Annotated[int, Meta(ge=1, le=MOST_TOKENS)]
StopText = Annotated[str, Meta(min_length=1, max_length=1000)]
StopList = Annotated[list[StopText], Meta(max_length=MOST_STOPS)]


class TextPart(msgspec.Struct, tag_field="type", tag="text"):
    text: str


class Message(msgspec.Struct):
    """A turn; ``developer`` is OpenAI's newer word for ``system``."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)

    def as_turn(self) -> dict[str, str]:
        return {"role": "system" if self.role == "developer" else self.role, "content": self.text}


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class ChatCompletion(msgspec.Struct):
    """The body of ``POST /v1/chat/completions``."""

    model: Annotated[str, Meta(min_length=1, max_length=300)]
    messages: Annotated[list[Message], Meta(min_length=1)]
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    stop: StopText | StopList | None = None
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] | None = None
    n: Literal[1] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None

    @property
    def turns(self) -> list[dict[str, str]]:
        return [message.as_turn() for message in self.messages]

    @property
    def parameters(self) -> dict[str, Any]:
        """The sampling parameters that were given, as generations keep them."""
        given = {
            "max_tokens": self.max_completion_tokens or self.max_tokens,
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
        yield self.model
        yield from (message.text for message in self.messages)
        yield from self.parameters.get("stop", ())


def read_chat_completion(body: bytes) -> ChatCompletion:
    """Read a request. Raises ``InvalidRequest``, naming the field."""
    try:
        asked = msgspec.json.decode(body, type=ChatCompletion)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.") from None
    if asked.messages[-1].role != "user" or not asked.messages[-1].text.strip():
        raise InvalidRequest("The last message must be the user's, and say something.", param="messages")
    if any("\0" in text for text in asked.texts()):
        raise InvalidRequest("A text holds a NUL character, which cannot be stored.")
    return asked


def _invalid(reason: str) -> InvalidRequest:
    place = PLACE.search(reason)
    return InvalidRequest(f"{reason}.", param=place[1] if place else None)
