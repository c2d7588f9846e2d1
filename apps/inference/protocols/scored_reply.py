"""The streams of replies whose tokens come with log probabilities."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from apps.inference.logprobs import ScoredToken, spread
from apps.inference.protocols.chat_reply import ChatReply, CompletionReply
from apps.inference.protocols.logprobs import token_in_event, tokens_in_choice
from apps.inference.protocols.reply import Reply
from apps.inference.protocols.tgi_reply import TgiReply
from apps.inference.requests import Delta, ScoredDelta


class ScoredReply(Reply):
    """Gives each delta the tokens that make up its text, with ``likely`` tokens for each place."""

    def __init__(self, max_tokens: int | None = None, *, likely: int, **options: Any) -> None:
        super().__init__(max_tokens, **options)
        self._likely = likely
        self._scored: list[ScoredToken] = []

    @abstractmethod
    def tokens_in(self, event: dict[str, Any], likely: int) -> Sequence[ScoredToken]:
        """Return the tokens of one event. Raises ``ProtocolError``."""

    def take_event(self, event: dict[str, Any]) -> str | None:
        """Read one event, and its tokens."""
        text = super().take_event(event)  # type: ignore[safe-super]  # a concrete reply comes next
        self._scored += spread(text or "", self.tokens_in(event, self._likely))
        return text

    def feed(self, chunk: bytes) -> ScoredDelta | None:
        """Return what ``chunk`` brings, as ``Reply.feed``."""
        delta = super().feed(chunk)
        return None if delta is None else self._with_tokens(delta)

    def close(self) -> ScoredDelta:
        """Return the last delta, as ``Reply.close``."""
        return self._with_tokens(super().close())

    def _with_tokens(self, delta: Delta) -> ScoredDelta:
        scored, self._scored = self._scored, []
        # The end of the stream may add a character that was never completed.
        rest = delta.text[sum(len(token.text) for token in scored) :]
        return ScoredDelta(
            delta.text,
            delta.tokens,
            delta.finish_reason,
            delta.usage,
            delta.whole_text,
            scored=[*scored, ScoredToken(rest)] if rest else scored,
        )


class _OfChoices(ScoredReply):
    def tokens_in(self, event: dict[str, Any], likely: int) -> Sequence[ScoredToken]:
        """Return the tokens of the one choice that was asked for."""
        choices = event.get("choices")
        return tokens_in_choice(choices[0], likely) if choices else ()


class ScoredChatReply(_OfChoices, ChatReply):
    """Chat chunks with ``logprobs``."""


class ScoredCompletionReply(_OfChoices, CompletionReply):
    """Completion chunks with ``logprobs``."""


class ScoredTgiReply(ScoredReply, TgiReply):
    """TGI's own stream, of which each event is a token."""

    def __init__(self, max_tokens: int | None = None, *, likely: int) -> None:
        super().__init__(max_tokens, likely=likely)

    def tokens_in(self, event: dict[str, Any], likely: int) -> Sequence[ScoredToken]:
        """Return the token of the event."""
        return token_in_event(event, likely)
