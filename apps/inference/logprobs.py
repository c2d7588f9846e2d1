"""Tokens of a reply with their log probabilities. Their texts join to the text of the reply."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace


class LikelyToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token that was likely at one position. ``is_own`` marks the token that was chosen.

    ``bytes`` is set if the server reports bytes: a token may be a part of a character.
    """

    text: str
    logprob: float
    id: int = 0
    bytes: tuple[int, ...] | None = None
    is_own: bool = False


class ScoredToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token with its part of the text. The part is empty if a later token completes the character.

    ``logprob`` is the natural logarithm; ``None`` if the server did not report it. ``likely`` begins with the most
    likely token. ``id`` is the tokenizer's; 0 if the server did not report it.
    """

    text: str
    logprob: float | None = None
    id: int = 0
    likely: tuple[LikelyToken, ...] = ()


def spread(text: str, tokens: Sequence[ScoredToken]) -> list[ScoredToken]:
    """Give each token its part of the ``text`` that came with them.

    A server decodes each token by itself: without the space before a word, with U+FFFD for a part of a character. Text
    that matches no token goes to the last token.
    """
    if not tokens:
        return [ScoredToken(text)] if text else []
    placed: list[ScoredToken] = []
    start = 0
    for token in tokens[:-1]:
        parts = (token.text, f" {token.text}") if token.text else ()
        part = next((part for part in parts if text.startswith(part, start)), "")
        start += len(part)
        placed.append(replace(token, text=part))
    placed.append(replace(tokens[-1], text=text[start:]))
    return placed
