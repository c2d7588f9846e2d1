"""End a reply at its stop sequence, however the model server treats it."""

from dataclasses import replace

from apps.inference.prompts import ReplyText
from apps.inference.prompts.newlines import LF
from apps.inference.requests import ChatRequest, Delta

MOST_AFTER_THE_END = 4  # deltas to wait for after the end: one may bring the usage


class StopSequenceReader:
    """Cuts the reply before its first stop sequence, and drops one space at the beginning of a chat's reply."""

    def __init__(self, text: ReplyText | None) -> None:
        self._text = text
        self._after_the_end = 0

    @classmethod
    def of_chat(cls, request: ChatRequest) -> "StopSequenceReader":
        """Return the reader for a chat. TGI leaves the stop sequence and the first token's space in the text."""
        continues = request.messages[-1].role == "assistant"
        if continues and not request.stop:
            return cls(None)
        return cls(ReplyText(stop=tuple(request.stop), ends_with=(), drops_leading_space=not continues, newline=LF))

    def read(self, delta: Delta) -> Delta:
        if self._text is None:
            return delta
        self._after_the_end += self._text.is_over
        text = self._text.feed(delta.text)
        if delta.finish_reason is not None:
            text += self._text.close()
        elif self._after_the_end >= MOST_AFTER_THE_END:
            delta = replace(delta, finish_reason="stop")
        if text == delta.text and delta.whole_text is None:
            return delta  # a copy of each delta costs more than reading it
        return replace(delta, text=text, whole_text=None)
