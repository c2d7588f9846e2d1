"""The places where a stream may be cut on its way."""

from collections.abc import Iterable
from itertools import pairwise

from tests.support.wire import Pause, Send, Step, chunked, head


def whole(data: bytes) -> list[bytes]:
    return [data]


def every_byte(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def inside_characters(data: bytes) -> list[bytes]:
    """Cut before every continuation byte of a character."""
    cuts = [0, *(i for i, byte in enumerate(data) if 0x80 <= byte < 0xC0), len(data)]
    return [data[start:end] for start, end in pairwise(cuts)]


def inside_line_ends(data: bytes) -> list[bytes]:
    cuts = [0, *(i + 1 for i, byte in enumerate(data) if byte in b"\r\n"), len(data)]
    return [data[start:end] for start, end in pairwise(cuts)]


def pieces(chunks: Iterable[bytes]) -> list[Step]:
    """One HTTP chunk a piece, and a pause of no length after it, so that the reader may run in between."""
    steps: list[Step] = [head(extra="Transfer-Encoding: chunked")]
    for chunk in chunks:
        if chunk:
            steps += [Send(chunked(chunk)), Pause(0)]
    return [*steps, Send(chunked(b""))]
