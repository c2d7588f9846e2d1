"""Cut the tokens of a stream to the text that is kept."""

from collections import deque
from collections.abc import Sequence

from msgspec.structs import replace

from apps.inference.logprobs import ScoredToken


class ScoredText:
    """Pairs the kept text (without stop sequences) with its tokens. The texts of the tokens join to the kept text.

    Text is given out in whole tokens. A cut token keeps the part that is text; tokens after the cut are dropped.
    """

    def __init__(self, *, drops_leading_space: bool) -> None:
        self._drops_space = drops_leading_space
        self._tokens: deque[ScoredToken] = deque()
        self._text = ""  # kept, and not given out

    def take(self, text: str, scored: Sequence[ScoredToken], *, is_last: bool) -> list[ScoredToken]:
        """Take the kept ``text`` and the generated tokens; return the tokens that are complete."""
        self._tokens += map(self._without_space, scored) if self._drops_space else scored
        self._text += text
        whole: list[ScoredToken] = []
        size = 0
        for token in self._tokens:
            if not token.text or size + len(token.text) <= len(self._text):
                size += len(token.text)
                whole.append(token)
            else:
                break
        while whole and not whole[-1].text:
            whole.pop()  # a part of a character, or an end token
        for _ in whole:
            self._tokens.popleft()
        self._text = self._text[size:]
        return whole + self._cut() if is_last else whole

    def _without_space(self, token: ScoredToken) -> ScoredToken:
        if not self._drops_space or not token.text:
            return token
        self._drops_space = False
        return replace(token, text=token.text.removeprefix(" "))

    def _cut(self) -> list[ScoredToken]:
        """Return the tokens that hold the rest of the text."""
        rest, self._text = self._text, ""
        if not rest:
            return []
        begun: list[ScoredToken] = []
        for token in self._tokens:
            begun.append(token)
            if token.text:
                break
        self._tokens.clear()
        return [*begun[:-1], replace(begun[-1], text=rest)] if begun else [ScoredToken(rest)]
