"""Texts become words that every database takes apart alike: ASCII letters, digits and spaces."""

import re

import pytest
from django.db import connection

from apps.stores.searchable import pieces_of, searchable

SAME = {
    "case": ("RLHF", "rlhf"),
    "typographic quotes": ("“quokka”", "quokka"),
    "a dash": ("runs—numbat", "runs numbat"),
    "an ellipsis": ("waits…wombat", "waits wombat"),
    "an arrow": ("x→platypus", "x platypus"),
    "accents": ("café", "cafe"),
    "accents apart from their letters": ("cafe\N{COMBINING ACUTE ACCENT} au", "cafe au"),
    "other spellings of letters": ("ﬁle Straße", "file strasse"),
    "between angles": ("<FILL_ME>", "fill me"),
    "C++": ("C++.", "cplusplus"),
    "C and C#": ("C, C#", "c csharp"),
    "thousands": ("16,384 tokens", "16384 tokens"),
    "a fraction": ("67.8 %", "67dot8"),
    "an exponent": ("1e-5", "1eminus5"),
    "a version": ("3.3.7", "3dot3dot7"),
    "a version by its letter": ("v3", "version 3"),
    "an article of arXiv": ("2308.12950v3", "2308dot12950 version 3"),
    "a day": ("2024-01-29", "29 january 2024"),
    "a size": ("70B", "70b"),
    "nothing": ("?! — …", ""),
}


@pytest.mark.parametrize(("text", "words"), SAME.values(), ids=SAME)
def test_words_of_a_text(text: str, words: str) -> None:
    assert searchable(text) == words
    assert searchable(words.replace("dot", ".").replace("eminus", "e-")) == words


def test_each_character_of_a_script_without_spaces_is_a_word() -> None:
    assert len(searchable("量化模型").split()) == 4
    assert searchable("量化") in searchable("模型的量化方法")
    assert len(searchable("привет мир").split()) == 2


def test_whatever_is_written_nothing_but_letters_and_digits_is_left() -> None:
    everything = "".join(chr(code) for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000) + "量🦙\U0001f999"
    assert re.fullmatch(r"[a-z0-9 ]+", searchable(everything))
    spaced = searchable(" ".join(everything))
    assert re.fullmatch(r"[a-z0-9 ]+", spaced)


def test_pieces_stand_where_they_are_in_the_text() -> None:
    text = "The “RLHF V5” data, 16,384 and C++"
    assert [text[piece.start : piece.end] for piece in pieces_of(text)] == [
        *("The", "RLHF", "V5", "data", "16,384", "and", "C++"),
    ]


def test_postgres_takes_each_for_one_word(db: None) -> None:
    for text in ("1e-5", "3.3.7", "67.8", "16,384", "C++", "RLHF", "привет", "量", "7B"):
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_tsvector('simple', %s)::text", [searchable(text)])
            (vector,) = cursor.fetchone()
        assert vector == f"'{searchable(text)}':1", text
