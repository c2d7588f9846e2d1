"""Mark found words in titles, and cut the pieces of a text with most of them."""

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.stores.searchable import Piece, pieces_of

# PostgreSQL's marks around found words; no word of the index has them.
FOUND, END = "\x04", "\x05"
MOST_FRAGMENTS = 2
FRAGMENT_WORDS = 28
# The number of words that an excerpt shows before its first found word.
LEAD = 6


class Marked(NamedTuple):
    """A piece of a text; tells if the search found it."""

    piece: Piece
    is_found: bool


def read_marks(text: str, headline: str) -> list[Marked]:
    """Return the pieces of ``text`` with the marks that PostgreSQL set in its ``searchable`` words."""
    words = iter(headline.split(" "))
    marked = []
    for piece in pieces_of(text):
        own = [next(words, "") for _ in piece.words]
        marked.append(Marked(piece, any(FOUND in word for word in own)))
    return marked


def mark(text: str, headline: str) -> SafeString:
    """Return the whole text, escaped, with the found words marked."""
    return _joined(text, 0, len(text), read_marks(text, headline))


def cut(text: str, headline: str) -> SafeString:
    """Return one or two pieces of the text with the found words marked, or else its beginning."""
    marked = read_marks(text, headline)
    if not marked:
        return escape(text)
    spans = _fragments(marked)
    pieces = []
    for first, last in spans:
        start = 0 if first == 0 else marked[first].piece.start
        end = len(text) if last == len(marked) - 1 else marked[last].piece.end
        pieces.append(_joined(text, start, end, marked[first : last + 1]))
    before = "" if spans[0][0] == 0 else "… "
    after = "" if spans[-1][1] == len(marked) - 1 else " …"
    # Safe: ``mark`` escaped the pieces, and the dots are our own text.
    return mark_safe(before + " … ".join(pieces) + after)  # noqa: S308


def _fragments(marked: Sequence[Marked]) -> list[tuple[int, int]]:
    """Return the indexes of each fragment's first and last word, in order and without overlap."""
    hits = [index for index, word in enumerate(marked) if word.is_found]
    found: list[tuple[int, int]] = []
    for index in hits:
        if found and index <= found[-1][1]:
            continue
        first = max(index - LEAD, found[-1][1] + 1 if found else 0)
        found.append((first, min(first + FRAGMENT_WORDS - 1, len(marked) - 1)))
        if len(found) == MOST_FRAGMENTS:
            break
    if len(found) == MOST_FRAGMENTS and found[0][1] + 1 == found[1][0]:
        found = [(found[0][0], found[1][1])]
    return found or [(0, min(FRAGMENT_WORDS, len(marked)) - 1)]


def _joined(text: str, start: int, end: int, marked: Sequence[Marked]) -> SafeString:
    html, at = [], start
    for word in marked:
        if word.is_found:
            html += [
                escape(text[at : word.piece.start]),
                f"<mark>{escape(text[word.piece.start : word.piece.end])}</mark>",
            ]
            at = word.piece.end
    html.append(escape(text[at:end]))
    # Every piece is escaped; the marks are the only markup in it.
    return mark_safe("".join(html))  # noqa: S308
