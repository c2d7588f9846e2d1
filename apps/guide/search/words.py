"""What somebody asked for, as words. Operators and punctuation mean nothing; any text can be asked."""

import re

LONGEST = 200
MOST = 12

# Of numbers the fraction is no word of its own, and one of more than three digits may be written with commas.
_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
_LONG_NUMBER = re.compile(r"[1-9][0-9]{3,14}")


def read_words(text: str, *, longest: int = LONGEST, most: int = MOST) -> list[str]:
    """Return the words of a question in order, each once; what is beyond the limits is left out."""
    return list(dict.fromkeys(word.lower() for word in _WORD.findall(text[:longest])))[:most]


def in_thousands(word: str) -> str:
    """Return a long number as the words that it is where commas divide it, “16 384”; empty for any other word."""
    return f"{int(word):,}".replace(",", " ") if _LONG_NUMBER.fullmatch(word) else ""
