"""The stream of ``/generate_stream``: one event a token, and the whole text with the last one."""

from typing import Any

from apps.inference.errors import ProtocolError
from apps.inference.protocols.finish_reasons import UNKNOWN, named_finish_reason
from apps.inference.protocols.joining import TextJoiner
from apps.inference.protocols.reply import Reply, is_count, text_in
from apps.inference.requests import FinishReason, Usage


class TgiReply(Reply):
    """Ends with the event that has ``generated_text``, the whole text of the reply.

    Special tokens are no text. The last delta brings what the whole text has beyond the streamed text. If the two
    differ, ``whole_text`` holds the whole text. A prompt in front of it (``return_full_text``, which a proxy may have
    forced) is cut off.
    """

    ends_with_done = False  # TGI never sends [DONE]; a program that does is not TGI

    def __init__(self, max_tokens: int | None = None) -> None:
        super().__init__(max_tokens, counts_tokens=True)
        self._streamed: list[str] = []

    def take_event(self, event: dict[str, Any]) -> str | None:
        """Read one token, or the last one with the reply's end."""
        token = event.get("token")
        whole = event.get("generated_text")
        if token is None and whole is None:
            return None  # an event that a later version added
        text = self._take_token(token)
        return text if whole is None else self._end(text, text_in(whole), event.get("details"))

    def _take_token(self, token: Any) -> str:
        if token is None:
            return ""
        try:
            text, is_special = token["text"], token.get("special", False)
        except (KeyError, TypeError, AttributeError):
            raise ProtocolError("a token without text") from None
        self.token_count += 1
        text = "" if is_special else self.joiner.join(text_in(text))
        self._streamed.append(text)
        return text

    def _end(self, text: str, generated: str, details: Any) -> str:
        joiner = TextJoiner()
        whole = joiner.join(generated) + joiner.close()
        rest = self.joiner.close()
        text += rest
        streamed = "".join(self._streamed) + rest
        if whole.startswith(streamed):
            text += whole[len(streamed) :]
        elif not whole.endswith(streamed):
            self.whole_text = whole
        self.finish_reason, self.usage = self._read_details(details)
        self.is_over = True
        return text

    def _read_details(self, details: Any) -> tuple[FinishReason, Usage | None]:
        """Return the finish reason and the usage. Without details, a reply that has reached ``max_tokens`` was cut."""
        if not isinstance(details, dict):
            cut = self.max_tokens is not None and self.token_count >= self.max_tokens
            return "length" if cut else "stop", None
        generated, given = details.get("generated_tokens"), details.get("input_length")
        usage = Usage(given if is_count(given) else None, generated) if is_count(generated) else None
        return named_finish_reason(details.get("finish_reason")) or UNKNOWN, usage
