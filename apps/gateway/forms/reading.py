"""Read a request's body."""

import re
from typing import Any

import msgspec

from apps.gateway.errors import InvalidRequest

PLACE = re.compile(r" - at `\$\.(\w+)")


def read[Shape](body: bytes, kind: type[Shape]) -> Shape:
    """Read a body. Raises ``InvalidRequest``, naming the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        return _read_whole_numbers(body, kind, error)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("The body is not valid JSON.") from None


def _read_whole_numbers[Shape](body: bytes, kind: type[Shape], refused: msgspec.ValidationError) -> Shape:
    """Read ``20.0`` as 20: JSON does not tell them apart. Raises ``InvalidRequest`` for any other error."""
    try:
        return msgspec.convert(_with_whole_numbers(msgspec.json.decode(body)), kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _invalid(str(refused)) from None


def _with_whole_numbers(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_with_whole_numbers(item) for item in value]
    if isinstance(value, dict):
        return {name: _with_whole_numbers(item) for name, item in value.items()}
    return value


def _invalid(reason: str) -> InvalidRequest:
    place = PLACE.search(reason)
    return InvalidRequest(f"{reason}.", param=place[1] if place else None)
