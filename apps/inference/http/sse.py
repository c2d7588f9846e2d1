"""An incremental reader of Server-Sent Events: bytes in any cut, payloads out.

It reads what model servers send, not all that browsers accept. Ids, retry times and event names are ignored, except
the name ``error``. Lines end at LF, CRLF or CR only. ``str.splitlines`` would also split at U+2028, which stands raw in
the JSON of most servers. Bytes that are not UTF-8 become lone surrogates in a payload; ``TextJoiner`` joins or replaces
these.
"""

from collections.abc import Iterator

from apps.inference.errors import ProtocolError, ServerError

LONGEST_EVENT = 1_000_000
LF, CR = b"\n\r"  # as integers: a search for a bytes object takes ten times as long
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
KNOWN_FIELDS = (b":", b"event", b"id", b"retry")


class EventReader:
    """Turns the bytes of one stream into the payloads of its events.

    The payloads and the error that ends them do not depend on how the bytes were cut, and the work is linear in
    them: the beginning of an unfinished line is kept in pieces and never looked at twice. ``LONGEST_EVENT`` bounds
    a line, and an event of many lines, in bytes.
    """

    def __init__(self) -> None:
        self.saw_foreign_line = False  # something that is no event stream, such as a page of HTML
        self._pieces: list[bytes] = []
        self._pieces_size = 0
        self._data: list[str] = []
        self._data_size = 0
        self._reports_error = False
        self._at_start = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[str]:
        """Give the payload of each event that ``chunk`` completes; raise ``ProtocolError`` where the bytes go bad."""
        whole = self._whole_events(chunk)
        return self._read(chunk) if whole is None else iter(whole)

    def _whole_events(self, chunk: bytes) -> list[str] | None:
        """Return the payloads if ``chunk`` holds nothing but whole events of one line, as most chunks do."""
        if self._pieces or self._data or self._reports_error or self._after_cr or len(chunk) > LONGEST_EVENT:
            return None
        if not chunk.endswith(b"\n\n") or CR in chunk:
            return None
        events = chunk[:-2].split(b"\n\n")
        for event in events:
            if not event.startswith(b"data:") or LF in event:
                return None
        self._at_start = False
        return [event[5:].removeprefix(b" ").decode("utf-8", "surrogateescape") for event in events]

    def _read(self, chunk: bytes) -> Iterator[str]:
        for line in self._lines(chunk):
            if not line:
                if self._data:
                    yield self._take_event()
                self._reports_error = False
            elif line.startswith(b"data:"):
                self._keep(line, 5)
            else:
                self._read_rare_line(line)

    def close(self) -> Iterator[str]:
        """Yield the last event if the stream ended before the event's last line or blank line did."""
        line = b"".join(self._pieces)
        self._pieces, self._pieces_size = [], 0
        if line:
            yield from self.feed(line + b"\n")
        if self._data:
            yield self._take_event()

    def _lines(self, chunk: bytes) -> Iterator[bytes]:
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        if CR in chunk:
            self._after_cr = chunk.endswith(b"\r")
            chunk = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = chunk.split(b"\n")
        rest = lines.pop()
        if lines and self._pieces:
            self._pieces.append(lines[0])
            lines[0] = b"".join(self._pieces)
            self._pieces, self._pieces_size = [], 0
        for line in lines:
            if len(line) > LONGEST_EVENT:
                raise _too_long()
            if self._at_start:
                self._at_start = False
                yield line.removeprefix(BYTE_ORDER_MARK)
            else:
                yield line
        if rest:
            self._pieces.append(rest)
            self._pieces_size += len(rest)
            if self._pieces_size > LONGEST_EVENT:
                raise _too_long()

    def _read_rare_line(self, line: bytes) -> None:
        if line == b"data":
            self._keep(line, 4)
        elif line.startswith(b"error:"):
            # llama.cpp's builds before 2025 report a failure in a field of this name instead of in data.
            self._reports_error = True
            self._keep(line, 6)
        elif line.startswith(b"event:") and line[6:].strip() == b"error":
            self._reports_error = True
        elif not line.startswith(KNOWN_FIELDS):
            self.saw_foreign_line = True

    def _keep(self, line: bytes, start: int) -> None:
        if line.startswith(b" ", start):
            start += 1
        # A server may cut a text between the bytes of a character: the reply puts them together.
        text = line[start:].decode("utf-8", "surrogateescape")
        self._data_size += len(line)
        if self._data_size > LONGEST_EVENT:
            raise _too_long()
        self._data.append(text)

    def _take_event(self) -> str:
        payload = self._data[0] if len(self._data) == 1 else "\n".join(self._data)
        self._data, self._data_size = [], 0
        return _as_error(payload) if self._reports_error else payload


def _as_error(payload: str) -> str:
    if not payload.lstrip().startswith("{"):
        raise ServerError(f"in stream: {payload}")
    return payload if '"error"' in payload else f'{{"error": {payload}}}'


def _too_long() -> ProtocolError:
    return ProtocolError(f"an event is longer than {LONGEST_EVENT} bytes")
