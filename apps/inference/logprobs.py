"""Tokens of a reply with their log probabilities. Their texts join to the text of the reply."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace


class LikelyToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token that was likely in a place. ``is_own``: it is the one that was chosen.

    ``bytes`` is there if the server names them: a token may be a part of a character.
    """

    text: str
    logprob: float
    id: int = 0
    bytes: tuple[int, ...] | None = None
    is_own: bool = False


class ScoredToken(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token with its part of the text: none if a later token completes the character.

    ``logprob`` is natural; ``None`` if the server did not tell it. ``likely`` begins with the most likely token. ``id``
    is the tokenizer's, 0 if the server does not name it.
    """

    text: str
    logprob: float | None = None
    id: int = 0
    likely: tuple[LikelyToken, ...] = ()


def spread(text: str, tokens: Sequence[ScoredToken]) -> list[ScoredToken]:
    """Give each token its part of the ``text`` that came with them.

    A server decodes each token by itself: without the space before a word, with U+FFFD for a part of a character. What
    is not found in the text belongs to the last token.
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
