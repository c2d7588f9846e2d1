"""The event reader: the same payloads however the bytes are cut, and work that grows with them and no faster."""

import re
import tracemalloc
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.inference.errors import ProtocolError, ServerError
from apps.inference.http.sse import LONGEST_EVENT, EventReader

LINES = st.one_of(
    st.sampled_from(
        [
            b"data: a",
            b"data:b",
            b"data",
            b"data:  c",
            b"",
            b"",
            b": x",
            b"id: 1",
            b"event: x",
            b"event: error",
            b"error: e",
        ]
    ),
    st.sampled_from([b"data: \xff", "data: 🦙\u2028\x85".encode(), b"\xef\xbb\xbfdata: d", b"<html>"]),
    st.binary(max_size=8),
)
LINE_ENDS = st.sampled_from([b"\n", b"\r", b"\r\n"])
STREAMS = st.lists(st.tuples(LINES, LINE_ENDS).map(b"".join), max_size=20).map(b"".join)


def read(chunks: Iterable[bytes]) -> tuple[list[str], bool, bool]:
    """Return the payloads, whether the bytes were bad, and whether some line was no field."""
    reader = EventReader()
    payloads: list[str] = []
    try:
        for chunk in chunks:
            payloads.extend(reader.feed(chunk))
        payloads.extend(reader.close())
    except (ProtocolError, ServerError):
        return payloads, True, reader.saw_foreign_line
    return payloads, False, reader.saw_foreign_line


def read_by_the_book(data: bytes) -> tuple[list[str], bool]:
    """Read a whole stream line by line as the format's specification words it, for comparison."""
    payloads: list[str] = []
    event: list[str] = []
    is_error = False
    for line in [*re.split(b"\r\n|\n|\r", data.removeprefix(b"\xef\xbb\xbf")), b""]:
        if not line:
            if event and is_error:
                return payloads, True
            payloads += ["\n".join(event)] if event else []
            event, is_error = [], False
        name, _, value = line.partition(b":")
        if name == b"data" or (name == b"error" and b":" in line):
            event.append(value.removeprefix(b" ").decode(errors="surrogateescape"))
        is_error |= bool(value) and (name == b"error" or (name == b"event" and value.strip() == b"error"))
    return payloads, False


@given(STREAMS, st.lists(st.integers(0, 400)))
@example(b"data: a\r\n\r\ndata: b\r\rdata: c\n\n", [8, 9, 10, 18, 19])
@example(b"data: a\r\ndata: b\r\n\r\n", [8])
@example(b"\xef\xbb\xbfdata: a\n\n", [1, 2, 3])
@example(b"\r\n\ndata: \xe2\x80\xa8\n\ndata:\xf0\x9f\xa6\n\n", [1, 10, 11])
def test_any_bytes_in_any_cut_read_as_in_one_piece(data: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(cut for cut in cuts if cut <= len(data)), len(data)]
    in_pieces = read(data[start:end] for start, end in pairwise(edges))
    byte_by_byte = read(data[i : i + 1] for i in range(len(data)))
    assert read([data]) == in_pieces == byte_by_byte


@given(STREAMS)
@example(b"data: one\ndata: two\ndata\n\n: comment\nid: 3\n\ndata:  spaced \n\n")
def test_any_bytes_read_by_the_book(data: bytes) -> None:
    payloads, bad, _ = read([data])
    assert (payloads, bad) == read_by_the_book(data)


def test_separators_that_are_text_stay_in_the_text() -> None:
    text = "a\u2028b\u2029c\x85d\x0be\x0cf\x1cg\x1dh\x1e"
    assert list(EventReader().feed(f"data: {text}\n\n".encode())) == [text]


def test_payloads_before_bad_bytes_come_first() -> None:
    payloads = EventReader().feed(b"data: good\n\nevent: error\ndata: no more memory\n\n")
    assert next(payloads) == "good"
    with pytest.raises(ServerError):
        next(payloads)


def test_bytes_that_are_not_utf_8_stay_for_the_reply() -> None:
    assert list(EventReader().feed(b"data: \xff\n\n")) == ["\udcff"]


@pytest.mark.parametrize("piece_size", [1_000, LONGEST_EVENT * 2])
@pytest.mark.parametrize("start", [b"data: ", b": ", b""])
def test_line_has_its_longest_length(start: bytes, piece_size: int) -> None:
    fits = start + b"x" * (LONGEST_EVENT - len(start))
    for data, is_bad in ((fits + b"\n\n", False), (fits + b"x\n\n", True)):
        _, bad, _ = read(data[i : i + piece_size] for i in range(0, len(data), piece_size))
        assert bad is is_bad


def test_event_of_many_lines_has_the_same_longest_length() -> None:
    line = b"data: " + b"x" * 94
    fits = (line + b"\n") * (LONGEST_EVENT // len(line))
    assert read([fits, b"\n"])[1] is False
    assert read([fits, b"data: more\n\n"])[1] is True


def bytes_allocated(chunks: list[bytes]) -> int:
    """Add up the memory that reading each chunk takes at its highest, whether or not it is given back."""
    reader = EventReader()
    total = 0
    tracemalloc.start()
    try:
        for chunk in chunks:
            before, _ = tracemalloc.get_traced_memory()
            tracemalloc.reset_peak()
            list(reader.feed(chunk))
            total += tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    return total


def test_long_line_in_small_pieces_costs_in_proportion_to_its_length() -> None:
    """Twice the bytes, byte by byte, must be twice the work: a reader that copies what it holds needs four times."""

    def cost(length: int) -> int:
        return bytes_allocated([b"data: ", *[b"x"] * length, b"\n\n"])

    assert cost(20_000) < 2.5 * cost(10_000)
