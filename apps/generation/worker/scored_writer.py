"""Write a reply with log probabilities to its event log. Each step writes a piece of text and its tokens."""

import asyncio
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.log.frames import CHANNEL
from apps.generation.worker.attempt import Attempt, StopReason
from apps.generation.worker.scored_text import ScoredText
from apps.inference.errors import CannotContinue
from apps.inference.requests import Delta, ScoredDelta

if TYPE_CHECKING:
    import redis.asyncio

logger = structlog.get_logger(__name__)

RETRY_SECONDS = 0.25
LOG_LOST = "The log probabilities of this reply were lost with the event log. Ask again."


class ScoredWriter:
    """Takes the place of the log writer for one attempt. Few replies ask for log probabilities."""

    def __init__(self, client: "redis.asyncio.Redis", attempt: Attempt, text: ScoredText) -> None:
        self._client = client
        self._attempt = attempt
        self._text = text
        attempt.scored = []

    async def write(self, delta: Delta) -> None:
        """Append the whole tokens of ``delta``, whose text is the kept text. Raises ``CannotContinue``.

        Waits while Redis is away. The attempt is stopped if another holds the log, or it has ended.
        """
        attempt = self._attempt
        scored = delta.scored if isinstance(delta, ScoredDelta) else ()
        tokens = self._text.take(delta.text, scored, is_last=delta.finish_reason is not None)
        text = "".join(token.text for token in tokens)
        if not text or attempt.scored is None:
            return
        attempt.scored += tokens
        attempt.add(text)
        answer = await self._append(text, store.encode_tokens(tokens))
        if answer == b"ok":
            attempt.mark_appended(text)
        elif answer in (b"missing", b"gap"):
            raise CannotContinue("the event log was lost", sentence=LOG_LOST)
        else:
            attempt.stop(StopReason.CANCELLED if answer == b"ended" else StopReason.LOST)

    async def _append(self, text: str, tokens: bytes) -> bytes:
        values = self._attempt.append_values(text)
        given = (CHANNEL, store.SECONDS_WHILE_RUNNING, *values, tokens, store.SECONDS_FOR_TOKENS)
        names = (*self._attempt.log_keys, store.tokens_key(self._attempt.generation_id))
        while True:
            try:
                answer: bytes = await self._client.eval(store.script("append_scored"), len(names), *names, *given)
            except (RedisError, OSError) as error:  # a repeated append is recognised by its offset
                logger.warning("event log not reachable", error=type(error).__name__, retry_in=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return answer
