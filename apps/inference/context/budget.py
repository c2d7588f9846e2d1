"""Fit a conversation into a model's context window by leaving out its oldest exchanges."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from apps.inference.context.estimate import estimate_tokens
from apps.inference.errors import ContextTooLong, InferenceError
from apps.inference.prompts import Message

# Tokens that a chat format adds per message: more than any of Code Llama's formats, or ChatML.
TOKENS_AROUND_A_MESSAGE = 16
TOKENS_AROUND_A_CHAT = 16
# The shortest reply worth asking for: a long question gets this much room before it is refused.
LEAST_REPLY_TOKENS = 256

type Count[M: Message] = Callable[[Sequence[M]], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Fitted[M: Message]:
    """The messages to send, and exactly what was left out.

    ``left_out`` are positions in the given messages, from 0; ``left_out_tokens`` is how much shorter the prompt is
    without them. ``estimated`` means that the figures are our guess, not the server's count.
    """

    messages: tuple[M, ...]
    left_out: tuple[int, ...]
    left_out_tokens: int
    prompt_tokens: int
    estimated: bool


class CountFailed(Exception):
    """The server could not count the tokens; it may still be able to reply."""


async def fit[M: Message](  # noqa: PLR0913 - keyword-only
    messages: Sequence[M],
    *,
    window: int,
    reply_tokens: int,
    longest_prompt: int | None = None,
    count: Count[M] | None = None,
    estimates: Sequence[int] | None = None,
) -> Fitted[M]:
    """Return the messages that leave ``reply_tokens`` of the ``window`` free and take at most ``longest_prompt``.

    Leave out whole exchanges, the oldest first. The system prompt, the last question and what follows it must stay.
    ``count`` asks the server for the tokens of a prompt; without ``count``, or when it raises an ``InferenceError``,
    the figures are estimates. ``count`` is awaited once if everything fits, otherwise about three times, and at most
    2 + log2 of the number of exchanges. ``estimates`` saves a second call of ``estimate_messages``. Raises
    ``ContextTooLong``, with the figures, if the messages that must stay do not fit.
    """
    sizes = estimate_messages(messages) if estimates is None else estimates
    limits = _Limits(window, reply_tokens, window if longest_prompt is None else longest_prompt)
    if count is not None:
        try:
            return await _Budget(messages, sizes, limits, count).fit()
        except CountFailed:
            pass
    return await _Budget(messages, sizes, limits, None).fit()


def estimate_chat_tokens(messages: Sequence[Message]) -> int:
    """Return an upper estimate of the tokens in a prompt of ``messages``. No server is called."""
    return TOKENS_AROUND_A_CHAT + sum(estimate_messages(messages))


def estimate_messages(messages: Sequence[Message]) -> list[int]:
    """Return an upper estimate of the tokens that each message adds to a prompt."""
    return [TOKENS_AROUND_A_MESSAGE + estimate_tokens(message.content) for message in messages]


@dataclass(frozen=True, slots=True)
class _Limits:
    window: int
    reply_tokens: int
    longest_prompt: int

    @property
    def prompt_tokens(self) -> int:
        return min(self.window - self.reply_tokens, self.longest_prompt)


class _Budget[M: Message]:
    def __init__(self, messages: Sequence[M], sizes: Sequence[int], limits: _Limits, count: Count[M] | None) -> None:
        self._messages = messages
        self._limits = limits
        self._limit = limits.prompt_tokens
        self._count = count
        self._system_end = 1 if messages and messages[0].role == "system" else 0
        self._starts = _possible_starts(messages, self._system_end)
        # the estimated length of the prompt, by the position where the kept conversation begins
        ends = list(accumulate(reversed(sizes), initial=0))[::-1]
        system = TOKENS_AROUND_A_CHAT + sum(sizes[: self._system_end])
        self._estimates = [system + ends[start] for start in self._starts]

    async def fit(self) -> Fitted[M]:
        whole = await self._tokens(0)
        if whole <= self._limit:
            return self._fitted(0, whole, whole)
        first, tokens = await self._first_that_fits(whole)
        if first == len(self._starts):
            raise self._too_long(tokens)
        return self._fitted(first, tokens, whole)

    async def _first_that_fits(self, whole: int) -> tuple[int, int]:
        """Return how many exchanges to leave out, and the tokens of that prompt (of the shortest prompt if none fits).

        The first probe follows the estimates, scaled to the server's count; the second is its neighbour. Then halve.
        """
        low, high = 1, len(self._starts)
        found = whole
        probe, is_first = self._guess(whole), True
        while low < high:
            probe = min(max(probe, low), high - 1)
            tokens = await self._tokens(probe)
            if fits := tokens <= self._limit:
                high, found = probe, tokens
            else:
                low = probe + 1
                if high == len(self._starts):
                    found = tokens
            probe = (high - 1 if fits else low) if is_first else (low + high) // 2
            is_first = False
        return low, found

    def _guess(self, whole: int) -> int:
        share = self._limit * self._estimates[0] / max(whole, 1)
        return sum(estimate > share for estimate in self._estimates)

    async def _tokens(self, first: int) -> int:
        if self._count is None:
            return self._estimates[first]
        try:
            return await self._count(self._kept(first))
        except InferenceError as error:
            raise CountFailed from error

    def _kept(self, first: int) -> tuple[M, ...]:
        return (*self._messages[: self._system_end], *self._messages[self._starts[first] :])

    def _fitted(self, first: int, tokens: int, whole: int) -> Fitted[M]:
        return Fitted(
            messages=self._kept(first),
            left_out=tuple(range(self._system_end, self._starts[first])),
            left_out_tokens=whole - tokens,
            prompt_tokens=tokens,
            estimated=self._count is None,
        )

    def _too_long(self, tokens: int) -> ContextTooLong:
        about = "about " if self._count is None else ""
        limits = self._limits
        held = (
            f" and the reply {limits.reply_tokens:,}; the model's window holds {limits.window:,}."
            if limits.window - limits.reply_tokens <= limits.longest_prompt
            else f"; the model server takes prompts of at most {limits.longest_prompt:,}."
        )
        sentence = f"The last message and the system prompt take {about}{tokens:,} tokens{held} Shorten one of them."
        return ContextTooLong(sentence, sentence=sentence)


def _possible_starts(messages: Sequence[Message], system_end: int) -> list[int]:
    """Return where the kept part may begin: with the first message, or with any question up to the last one."""
    questions = [number for number, message in enumerate(messages) if message.role == "user" and number > system_end]
    return [system_end, *questions]
