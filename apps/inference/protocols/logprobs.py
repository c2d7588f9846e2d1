"""Log probabilities, in the words of each server.

Chats have them under ``logprobs.content`` everywhere. Completions of vLLM and SGLang have OpenAI's older lists; those
of llama.cpp look like its chats. Text Generation Inference has none for completions in the OpenAI style. They are asked
for in its native protocol, where each event is a token.
"""

import math
from collections.abc import Iterable
from typing import Any

from apps.inference.errors import ProtocolError
from apps.inference.logprobs import LikelyToken, ScoredToken
from apps.inference.protocols.joining import TextJoiner
from apps.inference.protocols.parameters import refuse
from apps.inference.protocols.reply import is_count
from apps.inference.server import ServerKind

GIVE = ("vllm", "sglang", "llama.cpp")
MOST_OF_TGI = 5  # unless it was started with --max-top-n-tokens
UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, OverflowError)  # raised by JSON of another shape
LEAST = -9999.0  # OpenAI's figure for a token that is very unlikely


def gives_logprobs(protocol: str, kind: ServerKind, likely: int) -> bool:
    """Return whether a server is known to give log probabilities, with ``likely`` tokens for each position."""
    if protocol == "tgi" or kind == "tgi":
        return likely <= MOST_OF_TGI
    return kind in GIVE


def check_kind(kind: ServerKind, likely: int) -> None:
    """Raise ``InvalidRequest`` if a server of the OpenAI style is not known to give log probabilities."""
    if not gives_logprobs("openai", kind, likely):
        refuse("The model server gives no log probabilities, or not for so many tokens.")


def in_chat_body(likely: int) -> dict[str, Any]:
    """Return the keys that ask a chat for log probabilities. Asked for 0 likely tokens, llama.cpp would give none."""
    return {"logprobs": True, "top_logprobs": max(1, likely)}


def in_completion_body(likely: int) -> dict[str, Any]:
    """Return the key that asks a completion for log probabilities."""
    return {"logprobs": max(1, likely)}


def tokens_in_choice(choice: Any, likely: int) -> list[ScoredToken]:
    """Return the tokens that a chunk of the OpenAI style brings. Raises ``ProtocolError``."""
    given = choice.get("logprobs") if isinstance(choice, dict) else None
    if not given:
        return []
    try:
        if given.get("content") is not None:
            return [_of_content(entry, likely) for entry in given["content"]]
        return _of_lists(given, likely)
    except UNREADABLE:
        raise ProtocolError("log probabilities that cannot be read") from None


def token_in_event(event: Any, likely: int) -> list[ScoredToken]:
    """Return the token of a native event; none for a special token. Raises ``ProtocolError``."""
    token = event.get("token")
    try:
        if token is None or token.get("special"):
            return []
        others = [(other["text"], other["logprob"], other.get("id"), None) for other in event.get("top_tokens") or ()]
        return [_scored(token["text"], token.get("logprob"), token.get("id"), others, likely)]
    except UNREADABLE:
        raise ProtocolError("log probabilities that cannot be read") from None


type Other = tuple[Any, Any, Any, Any]  # text, log probability, id, bytes


def _of_content(entry: Any, likely: int) -> ScoredToken:
    others = [
        (other["token"], other["logprob"], other.get("id"), other.get("bytes"))
        for other in entry.get("top_logprobs") or ()
    ]
    return _scored(entry["token"], entry.get("logprob"), entry.get("id"), others, likely)


def _of_lists(given: Any, likely: int) -> list[ScoredToken]:
    places = given.get("top_logprobs") or ()
    scored = []
    for number, text in enumerate(given["tokens"]):
        place = (places[number] if number < len(places) else None) or {}
        others = [(other, logprob, None, None) for other, logprob in place.items()]
        scored.append(_scored(text, given["token_logprobs"][number], None, others, likely))
    return scored


def _scored(text: Any, logprob: Any, number: Any, others: Iterable[Other], likely: int) -> ScoredToken:
    own = _id(number)
    found = [
        LikelyToken(
            _storable(other),
            LEAST if (figure := _finite(score)) is None else figure,
            id=_id(other_id),
            bytes=_bytes(data, other),
            is_own=_id(other_id) == own if own else other == text,
        )
        for other, score, other_id, data in others
    ]
    found.sort(key=lambda one: -one.logprob)
    return ScoredToken(_storable(text), _finite(logprob), id=own, likely=tuple(found[:likely]))


def _finite(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None


def _id(value: Any) -> int:
    return value if is_count(value) and value < 2**32 else 0


def _bytes(given: Any, text: str) -> tuple[int, ...] | None:
    """Return the token's bytes if they differ from those of ``text``."""
    if not isinstance(given, list) or (data := bytes(given)) == text.encode(errors="replace"):
        return None
    return tuple(data)


def _storable(text: Any) -> str:
    joiner = TextJoiner()
    return joiner.join(text) + joiner.close()
