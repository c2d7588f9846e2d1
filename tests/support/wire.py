"""The words of a scripted model server: the steps of an answer, ready-made bytes, and requests as they arrived."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

KEEP_ALIVE = b":\n\n"


@dataclass(frozen=True, slots=True)
class Send:
    """Send these bytes as they are, in one piece."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing until ``told`` is set, or for good; either way it ends when the peer leaves."""

    told: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True, slots=True)
class Reset:
    """Break the connection off with a TCP reset. A script without one ends by closing cleanly."""


Step = Send | Pause | Wait | Reset


def head(
    status: int = 200, content_type: str = "text/event-stream", *, length: int | None = None, extra: str = ""
) -> Send:
    """The first bytes of a response; without ``length`` its body ends where the connection does."""
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Type: {content_type}", "Connection: close"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    if extra:
        lines.append(extra)
    return Send("\r\n".join([*lines, "", ""]).encode())


def whole(status: int, body: bytes, content_type: str = "application/json") -> tuple[Send, Send]:
    """A complete response."""
    return head(status, content_type, length=len(body)), Send(body)


def chunked(data: bytes) -> bytes:
    """One chunk of a body with ``Transfer-Encoding: chunked``; the one without data ends it."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def event(payload: Any) -> bytes:
    """One event as TGI frames it."""
    return b"data: " + json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


@dataclass(eq=False)
class Request:
    """A request as it arrived. ``left`` is set when its peer has gone or the answer is finished."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    left: asyncio.Event = field(default_factory=asyncio.Event)
    left_early: bool = False  # the peer went before the answer was finished
    left_at: float = 0.0  # in the loop's time

    @property
    def json(self) -> Any:
        return json.loads(self.body)
