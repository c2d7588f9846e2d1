"""New messages as they were stored, for the open pages of all web processes, which then need not read them.

Messages travel as the fields that pages show. A long question is not sent to every process: its pages read it.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Model

from apps.chat.models import Message
from apps.generation.models import Generation

LONGEST_CARRIED = 20_000  # characters
ANNOTATED = ("versions", "previous_at")
NOT_SHOWN = {"messages", "prompt", "suffix"}


def write_messages(messages: Sequence[Message]) -> str | None:
    """Return the messages, from ``in_order()`` and without files, as JSON. Return ``None`` if they are too long."""
    if sum(len(message.question) for message in messages) > LONGEST_CARRIED:
        return None
    return json.dumps([_written(message) for message in messages], default=str)


def read_messages(text: str) -> list[Message]:
    """Return the messages that ``write_messages`` was given."""
    return [_read(entry) for entry in json.loads(text)]


def _written(message: Message) -> dict[str, Any]:
    generation = message.generation
    return {
        "message": _fields_of(message),
        "annotated": {name: getattr(message, name) for name in ANNOTATED},
        "generation": _fields_of(generation) if generation else None,
    }


def _read(entry: dict[str, Any]) -> Message:
    message = _with_fields(Message, entry["message"])
    message.versions = entry["annotated"]["versions"]
    previous_at = entry["annotated"]["previous_at"]
    message.previous_at = datetime.fromisoformat(previous_at) if previous_at else None
    message.have_no_files()
    message.generation = _with_fields(Generation, entry["generation"]) if entry["generation"] else None
    return message


def _fields_of(row: Model) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if _is_shown(field.attname)
    }


def _with_fields[M: Model](model: type[M], values: dict[str, Any]) -> M:
    """Return a row with these fields. A process of another release may know more fields, or fewer."""
    known = [field for field in model._meta.concrete_fields if field.attname in values]
    return model.from_db("default", [field.attname for field in known], [f.to_python(values[f.attname]) for f in known])


def _is_shown(name: str) -> bool:
    return name not in NOT_SHOWN
