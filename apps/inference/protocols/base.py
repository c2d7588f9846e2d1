"""The contract that every protocol fulfils."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence

import aiohttp

from apps.inference.http.pace import Pace
from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Post, Timeouts
from apps.inference.server import Server


class Protocol(ABC):
    """One way of speaking to model servers.

    The streams yield deltas as they arrive, one per network read, and end normally only after a delta with a
    ``finish_reason``. Everything else raises an ``InferenceError`` (``apps.inference.errors``): bad bytes, an error
    event, a status, a silent server, a connection that ends early. Closing the generator closes the socket at once,
    which frees the server's slot: iterate inside ``contextlib.aclosing``, so that cancelling the task closes it
    wherever the task is waiting.

    A request that the server would refuse, or could only answer wrongly, raises ``InvalidRequest`` before anything is
    sent. The text is the server's own: TGI leaves a stop sequence at the end of the text.
    """

    @abstractmethod
    def stream_chat(
        self,
        http: aiohttp.ClientSession,
        server: Server,
        request: ChatRequest,
        timeouts: Timeouts,
        pace: Pace | None = None,
    ) -> AsyncGenerator[Delta]:
        """Answer ``request``, streaming."""

    @abstractmethod
    def chat_post(self, server: Server, request: ChatRequest) -> Post | None:
        """Return what ``stream_chat`` posts; ``None`` if the server first has to render the prompt.

        Raises ``InvalidRequest``.
        """

    @abstractmethod
    def stream_completion(
        self,
        http: aiohttp.ClientSession,
        server: Server,
        request: CompletionRequest,
        timeouts: Timeouts,
        pace: Pace | None = None,
    ) -> AsyncGenerator[Delta]:
        """Continue, or fill in, the text of ``request``, streaming."""

    @abstractmethod
    def completion_post(self, server: Server, request: CompletionRequest) -> Post:
        """Return what ``stream_completion`` posts. Raises ``InvalidRequest``."""

    @abstractmethod
    async def tokenize(
        self, http: aiohttp.ClientSession, server: Server, text: str, timeouts: Timeouts
    ) -> Sequence[int]:
        """Return the token ids of ``text``, including those (such as BOS) that the server puts in front.

        Raises ``NotServed`` if the server has no tokenizer.
        """

    @abstractmethod
    async def count_tokens(
        self, http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
    ) -> int:
        """Return the number of tokens in the prompt of a chat; raise ``NotServed`` if the server cannot tell."""
