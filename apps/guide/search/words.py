"""What somebody asked for, as words. Operators and punctuation mean nothing; any text can be asked."""

import re

LONGEST = 200
MOST = 12

_WORD = re.compile(r"[^\W_]+")


def read_words(text: str, *, longest: int = LONGEST, most: int = MOST) -> list[str]:
    """Return the words of a question in order, each once; what is beyond the limits is left out."""
    return list(dict.fromkeys(word.lower() for word in _WORD.findall(text[:longest])))[:most]
