"""Turn the output of a model into the text that it said: leading space, stop sequences and line ends."""

from collections.abc import Iterable, Sequence

from apps.inference.prompts.newlines import CRLF, LF, Newline, to_lf


class ReplyText:
    """Reads generated text in pieces of any size and gives the reply out as soon as it is certain.

    The reply does not depend on how the text was cut. It ends before the first stop sequence (``is_over`` is then
    true, and more text is ignored), loses one leading space where asked, loses an end token that is the very last
    thing in the text, and has the document's line ends. At most a stop sequence's length is held back.
    """

    def __init__(
        self, *, stop: Sequence[str], ends_with: Sequence[str], drops_leading_space: bool, newline: Newline
    ) -> None:
        self.is_over = False
        self._stop = stop
        self._ends_with = ends_with
        self._drops_space = drops_leading_space
        self._newline = newline
        self._held = ""
        self._changes_text = bool(stop or ends_with) or newline == CRLF

    def feed(self, generated: str) -> str:
        """Take more of the model's text; return what is certain to belong to the reply."""
        if self.is_over or not generated:
            return ""
        if not self._changes_text:
            return self._give(generated)
        text = self._in_lf(self._held + generated)
        end = _first_stop(text, self._stop)
        if end is not None:
            self.is_over = True
            self._held = ""
            return self._give(text[:end])
        certain = len(text) - self._length_to_hold(text)
        self._held = text[certain:]
        return self._give(text[:certain])

    def close(self) -> str:
        """Return what was held back; call it when the model's text has ended."""
        text, self._held, self.is_over = self._held, "", True
        for token in self._ends_with:
            if text.endswith(token):
                text = text.removesuffix(token)
                break
        return self._give(text)

    def _in_lf(self, text: str) -> str:
        return to_lf(text) if self._newline == CRLF else text

    def _length_to_hold(self, text: str) -> int:
        if self._newline == CRLF and text.endswith("\r"):
            return 1 + self._length_to_hold(text[:-1])  # perhaps the first half of a line end
        held = [_overlap(text, sequence) for sequence in (*self._stop, *self._ends_with)]
        held += [len(token) for token in self._ends_with if text.endswith(token)]
        return max(held, default=0)

    def _give(self, text: str) -> str:
        if self._drops_space and text:
            text = text.removeprefix(" ")
            self._drops_space = False
        return text.replace(LF, CRLF) if self._newline == CRLF else text


def _first_stop(text: str, stop: Iterable[str]) -> int | None:
    """Return the start of the stop sequence that is complete first in the stream; of several, the longest."""
    found = [(start + len(sequence), start) for sequence in stop if (start := text.find(sequence)) >= 0]
    return min(found)[1] if found else None


def _overlap(text: str, sequence: str) -> int:
    """Return how much of the end of ``text`` may be the beginning of ``sequence``."""
    longest = min(len(text), len(sequence) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(sequence[:size])), 0)
