"""Hugging Face's own client for Text Generation Inference, for a second opinion on a server.

Import this module only when it is used: the client takes 28 MB. The client sends through the session of the connection
test, which checks each address as it connects, follows no redirects and takes nothing from the environment. Decision 4
says why the client reads no replies elsewhere.
"""

from collections.abc import AsyncIterator
from contextvars import ContextVar
from http import HTTPStatus

import aiohttp
import httpx2
from huggingface_hub import AsyncInferenceClient, constants, set_async_client_factory
from huggingface_hub.errors import HfHubHTTPError

from apps.inference.errors import InferenceError, NotServed
from apps.inference.protocols.tgi import STREAM_PATH
from apps.inference.requests import Timeouts
from apps.inference.server import Server

MOST_BYTES = 1_000_000  # the client itself has no limit
# Headers to drop: the session has already decoded the body that they describe.
ABOUT_THE_BODY = {"content-encoding", "content-length", "transfer-encoding"}

_transport: ContextVar["SessionTransport"] = ContextVar("transport")


class OfficialClientFailed(InferenceError):
    """Hugging Face's client could not read the reply."""

    sentence = "Hugging Face’s client could not read the reply."


class Offline(Exception):
    """``HF_HUB_OFFLINE`` is set: the client must not call anything, not even a server in the same rack."""


class SessionTransport(httpx2.AsyncBaseTransport):
    """Send requests through ``http``, with ``token`` and no other credentials."""

    def __init__(self, http: aiohttp.ClientSession, *, token: str, timeouts: Timeouts) -> None:
        self._http = http
        self._token = token
        self._timeout = aiohttp.ClientTimeout(total=timeouts.total, connect=timeouts.connect)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        headers = {"Content-Type": "application/json"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            answer = await self._http.request(
                request.method,
                str(request.url),
                data=await request.aread(),
                headers=headers,
                allow_redirects=False,
                timeout=self._timeout,
            )
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.ConnectError(str(error), request=request) from None
        if 300 <= answer.status < 400:  # noqa: PLR2004 (the client would read a redirect as an empty reply)
            answer.close()
            raise httpx2.ConnectError("it redirects", request=request)
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in ABOUT_THE_BODY]
        return httpx2.Response(answer.status, headers=kept, stream=AnswerBody(answer), request=request)


class AnswerBody(httpx2.AsyncByteStream):
    """The bytes of an answer. More than ``MOST_BYTES`` are an error."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = 0
        try:
            async for piece in self._answer.content.iter_any():
                read += len(piece)
                if read > MOST_BYTES:
                    raise httpx2.ReadError(f"more than {MOST_BYTES} bytes")
                yield piece
        except (aiohttp.ClientError, OSError) as error:
            raise httpx2.ReadError(str(error)) from None

    async def aclose(self) -> None:
        self._answer.close()


async def official_text(
    http: aiohttp.ClientSession, server: Server, prompt: str, *, most: int, timeouts: Timeouts
) -> str:
    """Return the greedy continuation of ``prompt``, at most ``most`` tokens, as the client streams it.

    Raises ``Offline``, ``NotServed`` and ``OfficialClientFailed``.
    """
    if constants.HF_HUB_OFFLINE:
        raise Offline
    # The library has one client factory for the whole process. A context variable gives each task its own session.
    set_async_client_factory(_open_client)
    _transport.set(SessionTransport(http, token=server.token, timeouts=timeouts))
    address = server.address(STREAM_PATH)
    try:
        # Without a token the client would look for the machine's own; the transport sends only the endpoint's.
        async with AsyncInferenceClient(model=address, token=server.token or "none", timeout=timeouts.total) as client:
            stream = await client.text_generation(
                prompt, stream=True, details=True, do_sample=False, max_new_tokens=most
            )
            return "".join([output.token.text async for output in stream if not output.token.special])
    except HfHubHTTPError as error:
        detail = f"{type(error).__name__}: {error}"
        if error.response.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            raise NotServed(detail) from None
        raise OfficialClientFailed(detail) from None
    except (httpx2.HTTPError, httpx2.StreamError, OSError, ValueError, LookupError, TypeError) as error:
        raise OfficialClientFailed(f"{type(error).__name__}: {error}") from None


def _open_client() -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=_transport.get(), follow_redirects=False, trust_env=False)
