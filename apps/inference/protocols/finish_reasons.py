"""Map each server's reason for the end of a reply to our name for it."""

from apps.inference.errors import Interrupted
from apps.inference.requests import FinishReason

UNKNOWN = "unknown"
LONGEST = 64  # characters
FINISH_REASONS: dict[str, FinishReason] = {
    "stop": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "function_call": "tool_calls",
}
NONE_YET = ("", "null", "none")  # some servers write the absence as a word
BROKEN_OFF = ("abort", "error")


def named_finish_reason(reason: object) -> FinishReason | None:
    """Return our name for the server's reason; ``None`` before the end. Raises ``Interrupted`` for an aborted reply.

    An unknown reason is returned as it is, in lower case, without unprintable characters.
    """
    if reason is None:
        return None
    if not isinstance(reason, str):
        return UNKNOWN
    word = "".join(character for character in reason.strip().lower() if character.isprintable())[:LONGEST]
    if word in NONE_YET:
        return None
    if word in BROKEN_OFF:
        raise Interrupted(f"the server gave the reply up: {word}")
    return FINISH_REASONS.get(word, word)
