"""Frames: what an event log publishes, for readers that follow it.

A message on ``CHANNEL`` holds the frames of one step, of many generations. Text carries the offset at which it starts,
so that a reader notices a gap and reads the missing text from the log.
"""

import struct
from collections.abc import Container, Iterator
from dataclasses import dataclass
from enum import IntEnum
from uuid import UUID

CHANNEL = "workbench:generation:log"
HEADER = struct.Struct(">16sBII")


class Kind(IntEnum):
    """The kind of a frame: its payload, and the meaning of its number.

    A new kind also needs its number in ``scripts/*.lua``, a class in ``entries.py``, a writer in ``store.py``, and its
    case in ``follower.py``.
    """

    TEXT = 1  # UTF-8; the offset at which it starts
    STATE = 2  # JSON; a number that grows with each state
    END = 3  # JSON; the offset at which the log ends


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of one log."""

    generation: bytes
    kind: int
    number: int
    payload: str


def text_header(generation: bytes, offset: int, size: int) -> bytes:
    """Return the header in front of a text of ``size`` bytes."""
    return HEADER.pack(generation, Kind.TEXT, offset, size)


def frames_of(message: bytes, followed: Container[bytes]) -> Iterator[Frame]:
    """Yield the frames of the generations that are followed."""
    start = 0
    while start < len(message):
        generation, kind, number, size = HEADER.unpack_from(message, start)
        start += HEADER.size
        if generation in followed:
            yield Frame(generation, kind, number, message[start : start + size].decode())
        start += size


def generation_bytes(generation_id: UUID) -> bytes:
    """Return the id as frames carry it."""
    return generation_id.bytes
