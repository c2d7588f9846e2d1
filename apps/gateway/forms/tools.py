"""Read ``tools`` and ``tool_choice`` of a chat: the one function that its reply must call, if any.

The reply is the arguments of the call: its format is the JSON schema of the function's parameters.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from apps.gateway.errors import InvalidRequest
from apps.gateway.forms.response_format import read_format

NO_CHOICE = (
    "A model cannot choose among tools here, Code Llama was not trained for them: name one function in tool_choice, or "
    "give one tool and ask for “required”."
)
NOTHING_TO_FILL = {"type": "object", "properties": {}}


class Function(msgspec.Struct, omit_defaults=True):
    """A function of the caller's: ``parameters`` is the JSON schema of its arguments."""

    name: Annotated[str, Meta(pattern="^[A-Za-z0-9_.-]{1,64}$")]
    description: str | None = None
    parameters: dict[str, Any] | None = None

    @property
    def reply_format(self) -> dict[str, Any] | None:
        """Return the format of its arguments, as generations keep it. Raises ``InvalidRequest``."""
        named = {"name": self.name, "schema": self.parameters or NOTHING_TO_FILL}
        try:
            return read_format({"type": "json_schema", "json_schema": named})
        except InvalidRequest as error:
            raise InvalidRequest(error.sentence, param="tools") from None

    @property
    def instruction(self) -> str:
        """Return the instruction to call the function, as text: Code Llama's templates have no place for tools."""
        purpose = f", which does this: {self.description}" if self.description else ""
        schema = json.dumps(self.parameters or NOTHING_TO_FILL, ensure_ascii=False)
        return (
            f"Call the function {self.name}{purpose}\n"
            f"Answer with its arguments alone, as one JSON object that fits this schema:\n{schema}"
        )


class Tool(msgspec.Struct):
    """A tool of the caller's."""

    type: Literal["function"]
    function: Function


class Named(msgspec.Struct):
    """The name of a function."""

    name: str


class Choice(msgspec.Struct):
    """The function that must be called."""

    type: Literal["function"]
    function: Named


def read_function(tools: Any, choice: Any) -> Function | None:
    """Return the function to call; ``None`` without tools or if calls are forbidden. Raises ``InvalidRequest``."""
    if not tools:
        return None
    given = _read(tools, list[Tool], "tools")
    if choice == "none":
        return None
    if choice == "required" and len(given) == 1:
        return given[0].function
    if isinstance(choice, dict):
        return _find(given, _read(choice, Choice, "tool_choice").function.name)
    raise InvalidRequest(NO_CHOICE, param="tools")


def _read[Shape](value: Any, kind: type[Shape], param: str) -> Shape:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{error}.", param=param) from None


def _find(tools: Sequence[Tool], name: str) -> Function:
    found = next((tool.function for tool in tools if tool.function.name == name), None)
    if found is None:
        raise InvalidRequest(f"There is no function {name!r} among the tools.", param="tool_choice")
    return found
