"""Find the differences between two contents of a row, word by word."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

WORDS = re.compile(r"\s+|[^\s]+")
# Unchanged words shown around a change.
AROUND = 12


@dataclass(frozen=True, slots=True)
class TextRun:
    """A run of text that is unchanged, removed, added, or left out for brevity."""

    what: Literal["same", "gone", "come", "skipped"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A column that differs."""

    name: str
    parts: Sequence[TextRun]


def find_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Sequence[Change]:
    """Return the columns that differ, with the removed and added text of each."""
    return [
        Change(name.replace("_", " "), list(_compare(before.get(name), after.get(name))))
        for name in {**before, **after}
        if _text(before.get(name)) != _text(after.get(name))
    ]


def _compare(before: Any, after: Any) -> Iterator[TextRun]:
    old, new = WORDS.findall(_text(before)), WORDS.findall(_text(after))
    for what, begin, end, new_begin, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield from _shorten(old[begin:end])
        else:
            if begin < end:
                yield TextRun("gone", "".join(old[begin:end]))
            if new_begin < new_end:
                yield TextRun("come", "".join(new[new_begin:new_end]))


def _shorten(words: Sequence[str]) -> Iterator[TextRun]:
    if len(words) <= 2 * AROUND:
        yield TextRun("same", "".join(words))
        return
    yield TextRun("same", "".join(words[:AROUND]))
    yield TextRun("skipped", "…")
    yield TextRun("same", "".join(words[-AROUND:]))


def _text(value: Any) -> str:
    """Return a value as people read it."""
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str, indent=1)
    return str(value)
