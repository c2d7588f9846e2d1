"""Find the words of a text as the search index does (``searchable_words`` in PostgreSQL), to mark them."""

import re
import unicodedata

ACCENTS = re.compile("[\u0300-\u036f]")
# Han, kana and Hangul: each character is a word.
WITHOUT_SPACES = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"
# Words that the index knows by name, as texts write them.
NAMES = {"cplusplus": r"c\+\+", "csharp": "c#", "fsharp": "f#"}

_NAME = re.compile(r"(?<![^\W])(?:c\+\+|[cf]#)")
_WORD = re.compile(rf"{WITHOUT_SPACES}|(?:(?!{WITHOUT_SPACES})[^\W_])+")


def words_of(text: str) -> list[str]:
    """Return the words of a text in order, each once."""
    folded, _ = fold(text)
    named = _NAME.sub(lambda name: f" {_name_of(name[0])} ", folded)
    return list(dict.fromkeys(_WORD.findall(named)))


def fold(text: str) -> tuple[str, list[int]]:
    """Return the text without case and accents, and the position in ``text`` of each of its characters."""
    folded: list[str] = []
    positions: list[int] = []
    for position, character in enumerate(text):
        plain = character.lower() if character.isascii() else _plain(character)
        folded.append(plain)
        positions.extend([position] * len(plain))
    return "".join(folded), positions


def _plain(character: str) -> str:
    apart = ACCENTS.sub("", unicodedata.normalize("NFKD", character))
    return unicodedata.normalize("NFKC", apart).casefold()


def _name_of(written: str) -> str:
    return "cplusplus" if written == "c++" else f"{written[0]}sharp"
