"""Log probabilities in answers: read them beside the reply's text, and write OpenAI's two shapes."""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from redis.exceptions import RedisError

from apps.generation.log import store
from apps.generation.models import Generation, LogProbabilities
from apps.inference.logprobs import LikelyToken, ScoredToken
from apps.inference.protocols.logprobs import LEAST
from apps.stores.threads import in_thread

logger = structlog.get_logger(__name__)


class TokenReader:
    """Reads the tokens of one reply in step with its text."""

    def __init__(self, generation: Generation) -> None:
        self._generation_id = generation.pk
        self._waiting: deque[ScoredToken] = deque()
        self._appends = 0  # entries of the event log that were read
        self._offset = 0  # code points of the tokens that were returned

    async def take(self, text: str) -> list[ScoredToken]:
        """Return the tokens of the next ``text``. Text without stored tokens is one token without a figure."""
        if _length(self._waiting) < len(text):
            await in_thread(self._read)(len(text))
        taken: list[ScoredToken] = []
        size = 0
        while self._waiting and size < len(text):
            taken.append(self._waiting.popleft())
            size += len(taken[-1].text)
        self._offset += len(text)
        return taken if size >= len(text) else [*taken, ScoredToken(text[size:])]

    def _read(self, length: int) -> None:
        """Read what the event log has, or Postgres if that is not enough."""
        try:
            appends = store.read_tokens(self._generation_id, skip=self._appends)
        except RedisError as error:
            logger.warning("tokens not readable", generation=str(self._generation_id), error=type(error).__name__)
            appends = []
        self._appends += len(appends)
        for tokens in appends:
            self._waiting += tokens
        if _length(self._waiting) >= length:
            return
        stored = LogProbabilities.objects.filter(pk=self._generation_id).values_list("tokens", flat=True).first()
        if stored is None:
            return
        self._waiting = deque(store.decode_tokens(stored))
        passed = 0
        while self._waiting and passed < self._offset:
            passed += len(self._waiting.popleft().text)


def in_chat(tokens: Sequence[ScoredToken]) -> dict[str, Any]:
    """Return ``logprobs`` of a chat."""
    return {"content": [_entry(token) for token in tokens], "refusal": None}


def in_completion(tokens: Sequence[ScoredToken], *, likely: int, start: int) -> dict[str, Any]:
    """Return ``logprobs`` of a completion; ``start`` is the offset of the first token in the text, in code points."""
    offsets = []
    for token in tokens:
        offsets.append(start)
        start += len(token.text)
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [_by_text(token) for token in tokens] if likely else None,
        "text_offset": offsets,
    }


def _entry(token: ScoredToken) -> dict[str, Any]:
    return {
        "token": token.text,
        "logprob": LEAST if token.logprob is None else token.logprob,
        "bytes": list(token.text.encode()),
        "top_logprobs": [
            {"token": text_of(one, token), "logprob": one.logprob, "bytes": _bytes_of(one, token)}
            for one in token.likely
        ],
    }


def text_of(likely: LikelyToken, token: ScoredToken) -> str:
    """Return the text of a likely token; for the chosen token, its part of the reply."""
    return token.text if likely.is_own else likely.text


def _bytes_of(likely: LikelyToken, token: ScoredToken) -> list[int]:
    if likely.bytes is not None and not likely.is_own:
        return list(likely.bytes)
    return list(text_of(likely, token).encode())


def _by_text(token: ScoredToken) -> dict[str, float]:
    """Return the likely tokens and the chosen token by text; of two with the same text, the more likely."""
    found: dict[str, float] = {}
    for likely in token.likely:
        found.setdefault(text_of(likely, token), likely.logprob)
    if token.logprob is not None:
        found.setdefault(token.text, token.logprob)
    return found


def _length(tokens: Iterable[ScoredToken]) -> int:
    return sum(len(token.text) for token in tokens)
