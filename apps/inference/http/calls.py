"""Single requests to a model server: everything except streams."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

import aiohttp

from apps.inference.errors import FirstTokenTimedOut, InferenceError, ProtocolError
from apps.inference.http.responses import NO_ANSWER, address_for, failure_of_exception, headers_for, refusal_of
from apps.inference.requests import Timeouts
from apps.inference.server import Server

LONGEST_ANSWER = 32_000_000  # bytes: 100,000 tokens of a prompt, each as an object with its text


async def get_json(http: aiohttp.ClientSession, server: Server, path: str, timeouts: Timeouts) -> Any:
    """Return the JSON at ``path``, of whatever type; raise an ``InferenceError`` when there is none."""
    return _json_of(await _call(http, server, path, timeouts))


async def post_json(
    http: aiohttp.ClientSession, server: Server, path: str, body: dict[str, Any], timeouts: Timeouts
) -> Any:
    """Send ``body`` and return the JSON that answers it; raise an ``InferenceError`` when there is none."""
    return _json_of(await _call(http, server, path, timeouts, body))


async def get_text(http: aiohttp.ClientSession, server: Server, path: str, timeouts: Timeouts) -> str:
    """Return the text at ``path``; raise an ``InferenceError`` when the status is not 200."""
    return (await _call(http, server, path, timeouts)).decode(errors="replace")


async def _call(
    http: aiohttp.ClientSession, server: Server, path: str, timeouts: Timeouts, body: dict[str, Any] | None = None
) -> bytes:
    try:
        async with (
            asyncio.timeout(timeouts.until_answered),
            http.request(
                "GET" if body is None else "POST",
                address_for(server, path),
                data=None if body is None else json.dumps(body, allow_nan=False).encode(),
                headers=headers_for(server, "application/json, text/plain"),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=timeouts.connect, sock_connect=timeouts.connect),
            ) as response,
        ):
            if response.status != HTTPStatus.OK:
                raise await refusal_of(server, response)
            return await _whole_body(response)
    except (InferenceError, aiohttp.ClientError, OSError, ValueError) as error:
        failure = failure_of_exception(error)
        if type(failure) is FirstTokenTimedOut:
            failure.sentence = NO_ANSWER
        raise failure from None


async def _whole_body(response: aiohttp.ClientResponse) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while piece := await response.content.readany():
        pieces.append(piece)
        size += len(piece)
        if size > LONGEST_ANSWER:
            raise ProtocolError(f"an answer of more than {LONGEST_ANSWER} bytes")
    return b"".join(pieces)


def _json_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ProtocolError("an answer that is not JSON") from None
