"""Build a chat request: the messages that fit the context window, and the room for a reply."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import aiohttp

from apps.generation.models import Generation
from apps.generation.worker.attempt import Attempt
from apps.inference.context import LEAST_REPLY_TOKENS, TOKENS_AROUND_A_CHAT, estimate_messages, fit
from apps.inference.errors import CannotContinue, ContextTooLong
from apps.inference.protocols.base import Protocol
from apps.inference.requests import ChatMessage, ChatRequest, Timeouts
from apps.inference.server import Server

OTHER_TOKENS = "The reply broke off, and the rest would be of other tokens than the log probabilities. Ask again."
LONG = 20_000  # characters, which take some ten milliseconds to estimate
COUNT_TIMEOUTS = Timeouts(connect=2.0, first_token=2.0)  # counting must not hold a reply up


@dataclass(frozen=True, slots=True)
class Destination:
    """The endpoint that a generation goes to, and how to speak to it.

    In tokens: ``window`` holds prompt and reply, ``longest_prompt`` is the server's limit for the prompt alone.
    """

    endpoint: str
    server: Server
    protocol: str
    parameters: dict[str, Any]
    window: int | None = None
    longest_prompt: int | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass(frozen=True, slots=True)
class ChatRequestBuilder:
    """Builds the request for one endpoint."""

    http: aiohttp.ClientSession
    protocol: Protocol
    destination: Destination

    async def request_for(self, generation: Generation, attempt: Attempt) -> ChatRequest:
        """Return the request for the rest of the reply, and note in ``attempt`` how many messages were left out.

        Raises ``ContextTooLong`` if even the last question does not fit, and ``CannotContinue``.
        """
        check_continued(attempt, self.destination.parameters)
        messages = [ChatMessage(message["role"], message["content"]) for message in generation.messages]
        if attempt.text:
            messages.append(ChatMessage("assistant", attempt.text))
        parameters = dict(self.destination.parameters)
        if asked := parameters.get("max_tokens"):
            parameters["max_tokens"] = max(1, asked - attempt.tokens)
        attempt.left_out = 0
        if self.destination.window is None:
            return ChatRequest(messages=messages, **parameters)
        kept, parameters["max_tokens"] = await self._fit(
            messages, self.destination.window, parameters.get("max_tokens")
        )
        attempt.left_out = len(messages) - len(kept)
        return ChatRequest(messages=kept, **parameters)

    async def _fit(
        self, messages: list[ChatMessage], window: int, max_tokens: int | None
    ) -> tuple[list[ChatMessage], int]:
        """Return the messages that fit, and how many tokens the reply may have.

        The estimate errs upwards. A prompt that fits by estimate needs no call to the tokenizer before the first token.
        """
        estimates = await _estimates(messages)
        longest = min(window, self.destination.longest_prompt or window)
        prompt_tokens = TOKENS_AROUND_A_CHAT + sum(estimates)
        if max_tokens and prompt_tokens + max_tokens <= window and prompt_tokens <= longest:
            return messages, max_tokens
        reply_tokens = min(max_tokens or window, window // 2)
        keep = partial(fit, messages, window=window, longest_prompt=longest, count=self._count, estimates=estimates)
        try:
            fitted = await keep(reply_tokens=reply_tokens)
        except ContextTooLong:
            if reply_tokens <= LEAST_REPLY_TOKENS:
                raise
            # A shorter reply is worth more than a refusal.
            fitted = await keep(reply_tokens=LEAST_REPLY_TOKENS)
        return list(fitted.messages), min(max_tokens or window, window - fitted.prompt_tokens)

    async def _count(self, messages: Any) -> int:
        return await self.protocol.count_tokens(self.http, self.destination.server, messages, COUNT_TIMEOUTS)


def check_continued(attempt: Attempt, parameters: Mapping[str, Any]) -> None:
    """Raise ``CannotContinue`` if the reply has text and must keep a format or log probabilities."""
    if attempt.length and parameters.get("response_format"):
        raise CannotContinue
    if attempt.length and "logprobs" in parameters:
        raise CannotContinue("with log probabilities", sentence=OTHER_TOKENS)


async def _estimates(messages: list[ChatMessage]) -> list[int]:
    """Estimate the tokens of each message; long ones in a thread, so that other streams go on."""
    if sum(len(message.content) for message in messages) < LONG:
        return estimate_messages(messages)
    return await asyncio.to_thread(estimate_messages, messages)
