"""The body of ``POST /v1/chat/completions``."""

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms.asking import Asking, Tokens
from apps.gateway.forms.reading import read


class Part(msgspec.Struct):
    """A part of a message; only texts are read."""

    type: str
    text: str = ""


class Message(msgspec.Struct):
    """A turn; ``developer`` is OpenAI's newer word for ``system``."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)

    @property
    def kinds(self) -> set[str]:
        """What its parts are."""
        return {"text"} if isinstance(self.content, str) else {part.type for part in self.content}

    def as_turn(self) -> dict[str, str]:
        return {"role": "system" if self.role == "developer" else self.role, "content": self.text}


class ChatCompletion(Asking, kw_only=True):
    """A conversation, whose next turn is asked for."""

    messages: Annotated[list[Message], Meta(min_length=1)]
    max_completion_tokens: Tokens | None = None

    @property
    def longest(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens

    @property
    def turns(self) -> list[dict[str, str]]:
        return [message.as_turn() for message in self.messages]

    def texts(self) -> Iterator[str]:
        yield from Asking.texts(self)
        yield from (message.text for message in self.messages)


def read_chat_completion(body: bytes) -> ChatCompletion:
    """Read a request. Raises ``InvalidRequest``, naming the field."""
    asked = read(body, ChatCompletion)
    for kind in sorted(set().union(*(message.kinds for message in asked.messages)) - {"text"}):
        raise InvalidRequest(f"Only text can be read here: a part of the type {kind!r} cannot.", param="messages")
    if asked.messages[-1].role != "user" or not asked.messages[-1].text.strip():
        raise InvalidRequest("The last message must be the user's, and say something.", param="messages")
    return asked
