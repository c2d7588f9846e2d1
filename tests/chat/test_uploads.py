"""Files of a question: which are accepted, their names, and their text in the prompt."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import Settings

from apps.chat.context.user_turn import language_of, user_turn
from apps.chat.errors import FileTooLarge, NotAText
from apps.chat.markdown.renderer import parser
from apps.chat.models import Attachment
from apps.chat.uploads import check_size, harmless_name, lines_in, text_in


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("report.py", "report.py"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\alice\\a.txt", "a.txt"),
        (".env", ".env"),
        ("", "file.txt"),
        ("..", "file.txt"),
        ("a/", "file.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\u2066b\u2069\u200b.py", "ab.py"),
        ("a\nb\r\t c\u2028.py", "a b c .py"),
        ("`rm -rf`.sh", "'rm -rf'.sh"),
        ("cafe\u0301.md", "café.md"),
        ("قائمة.py", "قائمة.py"),
        ("x" * 200 + ".tar.gz", "x" * 96 + "….gz"),
        ("y" * 200, "y" * 99 + "…"),
        ("a\ud800b.txt", "ab.txt"),
    ],
)
def test_names_are_made_harmless(given_name: str, name: str) -> None:
    assert harmless_name(given_name) == name


@given(st.text())
@example("a." + "b" * 500)
def test_every_name_can_be_shown_on_one_line(name: str) -> None:
    harmless = harmless_name(name)
    assert 0 < len(harmless) <= 100
    assert harmless == harmless_name(harmless)
    assert harmless.splitlines() == [harmless]
    assert not set("/\\`\0") & set(harmless)
    assert not {unicodedata.category(letter) for letter in harmless} & {"Cc", "Cf", "Cs"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"x = 1\n", "x = 1\n"),
        (b"\xef\xbb\xbfx = 1", "x = 1"),
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        ("naïve 🦙\n".encode(), "naïve 🦙\n"),
        (b"\x1b[31mred\x1b[0m\f", "\x1b[31mred\x1b[0m\f"),
    ],
)
def test_text_is_read_as_it_is(content: bytes, text: str) -> None:
    assert text_in("a.txt", content) == text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "a.png is not a text file: it has null bytes in it. Only text can be attached."),
        (b"one\ntw\xff", "a.png is not UTF-8 text (line 2). Only text can be attached."),
        ("x = 1".encode("utf-16"), "a.png is in UTF-16. Save it as UTF-8, and attach it again."),
        (b"", "a.png is empty."),
        (b"\xef\xbb\xbf \r\n", "a.png is empty."),
    ],
)
def test_what_is_no_text_is_refused_by_name(content: bytes, sentence: str) -> None:
    with pytest.raises(NotAText) as refused:
        text_in("a.png", content)
    assert (refused.value.sentence, refused.value.status) == (sentence, 422)


@given(st.binary(max_size=60))
def test_no_content_breaks_it(content: bytes) -> None:
    try:
        text = text_in("a", content)
    except NotAText:
        return
    assert "\0" not in text
    assert "\r" not in text


def test_large_file_is_refused_by_its_size(settings: Settings) -> None:
    settings.CHAT_ATTACHMENT_BYTES = 2048
    check_size("a.log", 2048)
    with pytest.raises(FileTooLarge) as refused:
        check_size("a.log", 2049)
    assert refused.value.status == 413
    assert refused.value.sentence == "a.log has 2.0\xa0KB; a file may have 2.0\xa0KB. Attach the part that matters."


@pytest.mark.parametrize(("text", "lines"), [("a", 1), ("a\n", 1), ("a\nb", 2), ("\n\n", 2)])
def test_lines_are_counted_as_editors_do(text: str, lines: int) -> None:
    assert lines_in(text) == lines


@pytest.mark.parametrize(
    ("name", "language"),
    [("a.py", "python"), ("A.RS", "rust"), ("Dockerfile", "docker"), ("a.sql", "sql"), ("a.txt", ""), ("notes", "")],
)
def test_language_is_told_by_the_name(name: str, language: str) -> None:
    assert language_of(name) == language


@given(text=st.text(alphabet="`~ \na", min_size=1, max_size=60), question=st.text(alphabet="`~\nq", min_size=1))
def test_file_never_ends_before_its_end(text: str, question: str) -> None:
    """Markdown reads one code block with exactly its text, and the question after it."""
    told = user_turn(question, [Attachment(name="a.py", text=text)])
    blocks = [token for token in parser().parse(told) if token.type == "fence"]
    assert blocks[0].content == text.removesuffix("\n") + "\n"
    assert blocks[0].info == "python"
    assert told.endswith(f"\n\n{question}")


def test_files_are_told_under_their_names() -> None:
    files = [Attachment(name="a.py", text="x = 1"), Attachment(name="notes", text="```\ncode\n```\n")]
    assert user_turn("Why?", files) == (
        "`a.py`:\n\n```python\nx = 1\n```\n\n`notes`:\n\n````\n```\ncode\n```\n````\n\nWhy?"
    )
    assert user_turn("Why?") == "Why?"
