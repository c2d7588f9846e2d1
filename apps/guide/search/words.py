"""The words of a question. Operators and punctuation are ignored; any text is allowed."""

from typing import NamedTuple

from apps.stores.searchable import Piece, pieces_of

LONGEST = 200
MOST = 12


class AskedWord(NamedTuple):
    """A word as typed, in lower case, and as the index stores it: one word, or several in a row."""

    typed: str
    phrase: str


def read_words(text: str, *, longest: int = LONGEST, most: int = MOST) -> list[AskedWord]:
    """Return the words of a question in order, each once, up to the limits."""
    text = text[:longest]
    words: dict[str, AskedWord] = {}
    for run in _runs(list(pieces_of(text))):
        typed = text[run[0].start : run[-1].end].lower()
        phrase = " ".join(word for piece in run for word in piece.words)
        words.setdefault(phrase, AskedWord(typed, phrase))
    return list(words.values())[:most]


def _runs(pieces: list[Piece]) -> list[list[Piece]]:
    """Join adjacent pieces without space between them, as in scripts without spaces; they are searched as a phrase."""
    runs: list[list[Piece]] = []
    for piece in pieces:
        if runs and runs[-1][-1].end == piece.start:
            runs[-1].append(piece)
        else:
            runs.append([piece])
    return runs
