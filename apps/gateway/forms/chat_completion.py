"""The body of ``POST /v1/chat/completions``."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms.response_format import read_format
from apps.gateway.forms.shared_fields import NOTHING, UNABLE, Asking, Needs, Tokens
from apps.gateway.forms.tools import Function, read_function

BETWEEN_MERGED = "\n\n"
TOOL = {
    "type": "object",
    "properties": {
        "type": {"const": "function"},
        "function": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,64}$"},
                "description": {"type": ["string", "null"]},
                "parameters": {"type": ["object", "null"]},
            },
            "required": ["name"],
        },
    },
    "required": ["type", "function"],
}
SCHEMA = {"type": "object", "properties": {"schema": {"type": "object"}}, "required": ["schema"]}
FORMATS = [
    {"enum": NOTHING},
    {"type": "object", "properties": {"type": {"enum": ["text", "json_object"]}}, "required": ["type"]},
    {
        "type": "object",
        "properties": {"type": {"const": "json_schema"}, "json_schema": SCHEMA},
        "required": ["type", "json_schema"],
    },
]


class Part(msgspec.Struct):
    """A part of a message; only text is accepted."""

    type: str
    text: str = ""


class Message(msgspec.Struct):
    """A turn; ``developer`` is OpenAI's newer word for ``system``."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content or ())

    @property
    def kinds(self) -> set[str]:
        """Return the types of its parts."""
        return {part.type for part in self.content} if isinstance(self.content, list) else {"text"}

    def as_turn(self) -> dict[str, str]:
        return {"role": "system" if self.role == "developer" else self.role, "content": self.text}


class ChatCompletion(Asking, kw_only=True):
    """A conversation to be continued by one turn."""

    unable: ClassVar[Mapping[str, str]] = {
        name: why for name, why in UNABLE.items() if name not in ("response_format", "tools")
    }

    messages: Annotated[list[Message], Meta(min_length=1)]
    max_completion_tokens: Tokens | None = None
    tools: Annotated[
        Any,
        Meta(
            description="Taken with a `tool_choice` that leaves one function.",
            extra_json_schema={"anyOf": [{"enum": NOTHING}, {"type": "array", "items": TOOL}]},
        ),
    ] = None
    tool_choice: Annotated[Any, Meta(description="`none`, `required` with one tool, or a function by name.")] = None
    logprobs: bool | None = None
    top_logprobs: Annotated[int, Meta(ge=0, le=20)] | None = None
    response_format: Annotated[
        Any,
        Meta(description="Refused where no server of the model takes it.", extra_json_schema={"anyOf": FORMATS}),
    ] = None

    @property
    def function(self) -> Function | None:
        """Return the function that the reply calls. Raises ``InvalidRequest``."""
        return read_function(self.tools, self.tool_choice)

    @property
    def reply_format(self) -> dict[str, Any] | None:
        """Return the format that the reply is held to. Raises ``InvalidRequest``."""
        wanted = read_format(self.response_format)
        if (function := self.function) is None:
            return wanted
        if wanted:
            raise InvalidRequest("A call of a function has the format of its parameters.", param="response_format")
        return function.reply_format

    @property
    def parameters(self) -> dict[str, Any]:
        wanted = self.reply_format
        given: dict[str, Any] = Asking.parameters.__get__(self)
        return given | ({"response_format": wanted} if wanted else {})

    @property
    def likely(self) -> int | None:
        return (self.top_logprobs or 0) if self.logprobs else None

    @property
    def needs(self) -> Needs:
        given: Needs = Asking.needs.__get__(self)
        if wanted := self.reply_format:
            given |= {"reply_format": wanted, "format_of": "tools" if self.function else "response_format"}
        return given

    @property
    def each(self) -> list["ChatCompletion"]:
        """Return a list of only this request: a conversation gets one reply."""
        return [self]

    @property
    def longest(self) -> int | None:
        given = (self.max_completion_tokens, self.max_tokens)
        return next((tokens for tokens in given if tokens and tokens > 0), None)

    @property
    def turns(self) -> list[dict[str, str]]:
        """Return the conversation's turns: join neighbours of one role, and drop empty messages."""
        turns: list[dict[str, str]] = []
        for turn in (message.as_turn() for message in self.messages if message.text.strip()):
            if turns and turns[-1]["role"] == turn["role"]:
                turns[-1]["content"] += BETWEEN_MERGED + turn["content"]
            else:
                turns.append(turn)
        if function := self.function:
            turns[-1]["content"] += BETWEEN_MERGED + function.instruction
        return turns

    def check(self) -> None:
        Asking.check(self)
        if self.top_logprobs and not self.logprobs:
            raise InvalidRequest("top_logprobs needs logprobs to be true.", param="top_logprobs")
        for kind in sorted(set().union(*(message.kinds for message in self.messages)) - {"text"}):
            raise InvalidRequest(f"Only text is accepted, not message parts of the type {kind!r}.", param="messages")
        if self.messages[-1].role != "user" or not self.messages[-1].text.strip():
            raise InvalidRequest("The last message must be the user's, and say something.", param="messages")
        _check_order([turn["role"] for turn in self.turns])

    def texts(self) -> Iterator[str]:
        yield from Asking.texts(self)
        yield from (message.text for message in self.messages)
        called = self.function
        yield (called.description if called else None) or ""


def _check_order(roles: list[str]) -> None:
    if roles[0] == "system":
        del roles[0]
    if "system" in roles:
        raise InvalidRequest("System messages must come before all others.", param="messages")
    if roles[0] == "assistant":
        raise InvalidRequest("The first message after the system prompt must be the user's.", param="messages")
