"""The recorded answers of a running router, byte for byte."""

import re
from pathlib import Path

from tests.support.wire import Send

ANSWERS = Path(__file__).parent / "fixtures" / "tgi-router"
_FRAMING = re.compile(rb"[0-9A-F]+\r\n")
_FRAMED = re.compile(rb"transfer-encoding: chunked\r\n", re.IGNORECASE)


def router_answer(name: str) -> bytes:
    """Return the whole answer called ``name``; a body whose framing was not recorded ends with the connection."""
    together = ANSWERS / f"{name}.http"
    if together.exists():
        return together.read_bytes()
    head, body = (ANSWERS / f"{name}.headers").read_bytes(), router_body(name)
    return (head if _FRAMING.match(body) else _FRAMED.sub(b"", head)) + body


def router_body(name: str) -> bytes:
    """Return the body as it was recorded."""
    return (ANSWERS / f"{name}.body").read_bytes()


def router_sends(name: str) -> Send:
    """Return the step that sends the answer called ``name``."""
    return Send(router_answer(name))
