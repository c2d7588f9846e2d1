"""Split a text into words for PostgreSQL's search index, independent of the database's locale.

The parser of PostgreSQL asks the locale what a letter is: under C it takes “RLHF” with its typographic quotes for one
word. Texts and queries are therefore taken apart here, in the same way, into words of ASCII letters and
digits: without case, accents and punctuation; C++ and C# by name; numbers, versions and dates whole; and each character
of a script that writes no spaces as a word of its own.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

# A longer word is cut: a lexeme may have 2,046 bytes.
LONGEST_WORD = 100
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
NAMES = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp"}

_ACCENTS = "\u0300-\u036f"
# Han, kana and Hangul.
_WITHOUT_SPACES = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(
    rf"""
    (?P<date>\b[0-9]{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])\b)
    | (?P<name>(?<![^\W_])[cf](?:\+\+|\#)(?!\w))
    | (?P<version>(?<![^\W\d_])v[0-9]+(?:\.[0-9]+)*(?![^\W_]))
    | (?P<number>(?<![^\W_])(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+|[0-9]+)(?:\.[0-9]+)*(?:e[+-]?[0-9]+)?
        (?:(?![^\W_])|(?=v[0-9])))
    | (?P<character>[{_WITHOUT_SPACES}])
    | (?P<plain>(?:(?![{_WITHOUT_SPACES}])[^\W_]|[{_ACCENTS}])+)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_ACCENT = re.compile(f"[{_ACCENTS}]")


class Piece(NamedTuple):
    """A word of a text: its position, and its words in the index, usually one."""

    start: int
    end: int
    words: tuple[str, ...]


def pieces_of(text: str) -> Iterator[Piece]:
    """Yield the words of ``text`` in order; punctuation and spaces lie between them."""
    for found in _WORD.finditer(text):
        if words := _words_of(found):
            yield Piece(found.start(), found.end(), words)


def searchable(text: str) -> str:
    """Return the words of ``text`` for the index, joined by spaces: only letters a to z and digits."""
    return " ".join(word for piece in pieces_of(text) for word in piece.words)


def _words_of(found: re.Match[str]) -> tuple[str, ...]:
    text = found[0]
    match found.lastgroup:
        case "date":
            year, month, day = text.split("-")
            return (str(int(day)), MONTHS[int(month) - 1], year)
        case "name":
            return (NAMES[text.lower()],)
        case "version":
            return ("version", _number(text[1:]))
        case "number":
            return (_number(text),)
        case _:
            return tuple(_in_ascii(word) for word in re.findall(r"[^\W_]+", _plain(text)))


def _number(text: str) -> str:
    """Spell a number as one word: its parts belong together, and 7 must not find 67.8."""
    spelled = text.lower().replace(",", "").replace(".", "dot").replace("+", "").replace("-", "minus")
    return spelled[:LONGEST_WORD]


def _plain(text: str) -> str:
    """Return ``text`` without case and accents, in one spelling of its characters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFKC", _ACCENT.sub("", apart)).casefold()


def _in_ascii(word: str) -> str:
    """Spell letters beyond ASCII by number. With digits in it, a word is not stemmed as if it were English."""
    return "".join(character if character.isascii() else f"zz{ord(character):07}" for character in word[:LONGEST_WORD])
