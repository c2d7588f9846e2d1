"""What every protocol does for its caller."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Sequence

import aiohttp

from apps.inference.requests import ChatMessage, ChatRequest, CompletionRequest, Delta, Post, Timeouts
from apps.inference.server import Server


class Protocol(ABC):
    """One way of speaking to model servers.

    The streams yield deltas as they arrive, one per network read, and end normally only after a delta with a
    ``finish_reason``. Whatever else happens raises an ``InferenceError`` (``apps.inference.errors``): bad bytes, an
    error event, a status, a silent server, a connection that ends early. Closing the generator closes the socket at
    once, which frees the server's slot: iterate inside ``contextlib.aclosing``, so that cancelling the task closes it
    wherever the task happens to wait.

    A request that the server would refuse, or could only answer wrongly, raises ``InvalidRequest`` before anything is
    sent. The text is the server's: a stop sequence that ended it is part of it where the server leaves it there (TGI).
    """

    @abstractmethod
    def stream_chat(
        self, http: aiohttp.ClientSession, server: Server, request: ChatRequest, timeouts: Timeouts
    ) -> AsyncGenerator[Delta]:
        """Answer ``request``, streaming."""

    @abstractmethod
    def chat_post(self, server: Server, request: ChatRequest) -> Post | None:
        """Return what ``stream_chat`` posts; ``None`` where the server is asked first to render the prompt.

        Raises ``InvalidRequest``.
        """

    @abstractmethod
    def stream_completion(
        self, http: aiohttp.ClientSession, server: Server, request: CompletionRequest, timeouts: Timeouts
    ) -> AsyncGenerator[Delta]:
        """Continue, or fill in, the text of ``request``, streaming."""

    @abstractmethod
    async def tokenize(
        self, http: aiohttp.ClientSession, server: Server, text: str, timeouts: Timeouts
    ) -> Sequence[int]:
        """Return the ids of the tokens of ``text``, with those the server puts in front.

        Raises ``NotServed`` where there is no tokenizer.
        """

    @abstractmethod
    async def count_tokens(
        self, http: aiohttp.ClientSession, server: Server, messages: Sequence[ChatMessage], timeouts: Timeouts
    ) -> int:
        """Return how many tokens the prompt of a chat takes; raise ``NotServed`` where the server cannot tell."""
