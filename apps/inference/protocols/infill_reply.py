"""The stream of llama.cpp's ``/infill``: its native events, of which the last has ``stop``."""

from typing import Any

from apps.inference.protocols.reply import Reply, is_count, text_in
from apps.inference.requests import FinishReason, Usage


class InfillReply(Reply):
    """Reads ``content`` until an event with ``stop``; its ``stop_type`` (older builds: ``stopped_limit``) says why."""

    def take_event(self, event: dict[str, Any]) -> str | None:
        """Read one piece of text, or the end."""
        given = event.get("content")
        text = None if given is None else self.joiner.join(text_in(given))
        if event.get("stop") is True:
            self.finish_reason = _finish_reason(event)
            evaluated, generated = event.get("tokens_evaluated"), event.get("tokens_predicted")
            if is_count(generated):
                self.usage = Usage(evaluated if is_count(evaluated) else None, generated)
            self.is_over = True
        return text


def _finish_reason(event: dict[str, Any]) -> FinishReason:
    reached_limit = event.get("stop_type") == "limit" or event.get("stopped_limit") is True
    return "length" if reached_limit else "stop"
