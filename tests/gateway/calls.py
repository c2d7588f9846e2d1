"""Calls of the API by tests."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2 as httpx

from apps.generation.models import Generation

PATIENCE = 60.0  # seconds
DONE = "[DONE]"


def body(text: str, **more: Any) -> dict[str, Any]:
    return {"model": "instruct", "messages": [{"role": "user", "content": text}], **more}


def numbers(last: int) -> str:
    """Return the counting model's text up to ``last``."""
    return " ".join(str(number) for number in range(1, last + 1))


def assert_refused(response: httpx.Response, status: int, *, code: str | None, param: str | None = None) -> str:
    """Every refusal has one shape, OpenAI's; return its sentence."""
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/json"
    assert response.json().keys() == {"error"}
    error = response.json()["error"]
    assert error.keys() == {"message", "type", "param", "code"}
    assert (error["code"], error["param"]) == (code, param)
    return str(error["message"])


def events_in(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """The server-sent events, as they arrive: ``event``, ``id``, ``data``."""
    event: dict[str, Any] = {}
    for line in response.iter_lines():
        name, _, value = line.partition(": ")
        if name == "data":
            event["data"] = value if value == DONE else json.loads(value)
        elif name:
            event[name] = value
        elif "data" in event:
            yield event
            event = {}


def started_stream(api: httpx.Client, text: str, **headers: str) -> httpx.Response:
    """A streaming answer that nobody has read yet; the caller closes it."""
    request = api.build_request("POST", "chat/completions", json=body(text, stream=True), headers=headers)
    return api.send(request, stream=True)


def held_count(to: int) -> str:
    """Return a question whose reply stops in front of its last number until it is released."""
    return f"count to {to} at 200 per second and hold at {to} ({uuid4().hex})"


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up, "it did not come true in time"
        time.sleep(0.02)


def ended(generation: Generation) -> Generation:
    def is_over() -> bool:
        generation.refresh_from_db()
        return generation.is_over

    wait_until(is_over)
    return generation


def first_text(response: httpx.Response) -> Iterator[dict[str, Any]]:
    """Read a completion's stream up to its first text, and return the rest; dropping that closes the response."""
    chunks = events_in(response)
    next(chunk for chunk in chunks if chunk["data"]["choices"][0]["delta"].get("content"))
    return chunks
