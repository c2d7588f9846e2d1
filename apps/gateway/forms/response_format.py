"""Read ``response_format`` of a chat."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from apps.gateway.errors import InvalidRequest

NAME = "reply"
DEEPEST = 64
FORMS = "text, json_object or json_schema"


class NamedSchema(msgspec.Struct, omit_defaults=True):
    """A JSON schema. vLLM wants a name."""

    schema: dict[str, Any]
    name: str = ""
    strict: bool | None = None


class ResponseFormat(msgspec.Struct, omit_defaults=True):
    """The format that a reply is held to."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: NamedSchema | None = None


def read_format(value: Any) -> dict[str, Any] | None:
    """Return the format as generations keep it; ``None`` for plain text. Raises ``InvalidRequest``."""
    if not value:
        return None
    try:
        wanted = msgspec.convert(value, ResponseFormat)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"{error}. A response_format is {FORMS}.", param="response_format") from None
    if wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return {"type": "json_object"}
    if wanted.json_schema is None:
        raise InvalidRequest("A response_format of the type json_schema needs json_schema.", param="response_format")
    _check_texts(wanted.json_schema.schema)
    named = {**msgspec.to_builtins(wanted.json_schema), "name": wanted.json_schema.name or NAME}
    return {"type": "json_schema", "json_schema": named}


def _check_texts(schema: Any) -> None:
    if any("\0" in text for text in _texts(schema, DEEPEST)):
        raise InvalidRequest("The schema holds a NUL character, which cannot be stored.", param="response_format")


def _texts(value: Any, deeper: int) -> Iterator[str]:
    if not deeper:
        raise InvalidRequest(f"The schema is more than {DEEPEST} levels deep.", param="response_format")
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from _texts(item, deeper - 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, deeper - 1)
