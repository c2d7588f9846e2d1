"""Replies as HTML: what a model means to say is shown, in the elements that say it."""

import pytest

from apps.chat.markdown.code import LONGEST_HIGHLIGHTED
from apps.chat.markdown.renderer import render_markdown
from tests.support.markup import Markup


def test_table_columns_keep_their_alignment() -> None:
    html = render_markdown("| a | b | c | d |\n|---|:--|:-:|--:|\n| 1 | 2 | 3 | 4 |")
    for side in ("left", "center", "right"):
        assert html.count(f'class="align-{side}"') == 2  # the head and the one row
    assert "<th>a</th>" in html
    assert "style" not in html  # the CSP would refuse it


def test_wide_table_scrolls_in_a_box_that_the_keyboard_reaches() -> None:
    assert render_markdown("| a |\n|---|\n| 1 |").startswith('<div class="reply-table" tabindex="0"><table>')


def test_code_in_a_known_language_is_highlighted() -> None:
    html = render_markdown("```python\nx = 1\n```")
    assert '<span class="code-block__language">python</span>' in html
    assert '<span class="mi">1</span>' in html
    for tool in ("data-copy", "data-wrap", "data-download", "data-playground"):
        assert ("button", tool) in [(tag, name) for tag, name, _ in Markup(html).attributes]


@pytest.mark.parametrize(("info", "label"), [("nosuchlanguage", "nosuchlanguage"), ("", "text")])
def test_code_in_an_unknown_language_is_shown_plain(info: str, label: str) -> None:
    html = render_markdown(f"```{info}\nif a < b:\n```")
    assert f'<span class="code-block__language">{label}</span>' in html
    assert "<code>if a &lt; b:\n</code>" in html


@pytest.mark.parametrize(
    ("info", "extension"),
    [
        ("Python", "py"),
        ("c++", "cpp"),
        ("r", "r"),
        ("makefile", "mk"),
        ("console", "txt"),
        ("", "txt"),
        ("nosuch.exe", "txt"),
        ('../x"onclick="x', "txt"),
    ],
)
def test_file_of_code_ends_as_we_say_not_as_the_model_says(info: str, extension: str) -> None:
    attributes = Markup(render_markdown(f"```{info}\nx\n```")).attributes
    assert [value for _, name, value in attributes if name == "data-download"] == [extension]


def test_language_is_the_first_word_after_the_fence() -> None:
    assert ">python</span>" in render_markdown('```python title="a.py"\nx\n```')


def test_indented_code_is_code() -> None:
    assert "<code>x = 1\n</code>" in render_markdown("    x = 1\n")


def test_code_too_long_to_highlight_is_shown_whole() -> None:
    code = "x = 1\n" * (LONGEST_HIGHLIGHTED // 6 + 1)
    html = render_markdown(f"```python\n{code}```")
    assert Markup(html).text.endswith(code)
    assert 'class="mi"' not in html


def test_white_space_in_code_is_kept() -> None:
    code = "\n\n  a\n\tb  \n\n"
    assert Markup(render_markdown(f"```python\n{code}```")).text.endswith(code)


def test_lists_nest() -> None:
    html = render_markdown("- a\n  - b\n    1. c\n\n       d\n")
    assert html.replace("\n", "").startswith("<ul><li>a<ul><li>b<ol><li><p>c</p><p>d</p>")


def test_numbered_list_starts_where_it_says() -> None:
    assert render_markdown("3. c").startswith('<ol start="3">')


@pytest.mark.parametrize(
    ("text", "link", "words"),
    [
        ("![a *b* picture](https://pictures.example/a.png)", "https://pictures.example/a.png", "a b picture"),
        ("![](https://pictures.example/a.png)", "https://pictures.example/a.png", "https://pictures.example/a.png"),
        ("[![a badge](https://pictures.example/a.svg)](https://site.example/)", "https://site.example/", "a badge"),
    ],
)
def test_images_become_links(text: str, link: str, words: str) -> None:
    shown = Markup(render_markdown(text))
    assert shown.tags == ["p", "a"]
    assert shown.links == [link]
    assert shown.text.strip() == words


def test_links_tell_the_other_site_nothing() -> None:
    html = render_markdown("[a](https://site.example/?b=1&c=2 'd')")
    assert 'href="https://site.example/?b=1&amp;c=2" title="d" rel="noopener noreferrer nofollow"' in html


def test_raw_html_is_shown_as_text() -> None:
    text = '<b class="x">bold</b> and <br> and &lt;i&gt;'
    shown = Markup(render_markdown(text))
    assert shown.tags == ["p"]
    assert shown.text == '<b class="x">bold</b> and <br> and <i>\n'


def test_reference_definitions_are_text() -> None:
    """A definition could change blocks that are finished already."""
    shown = Markup(render_markdown("[a]\n\n[a]: https://site.example/"))
    assert shown.links == ["https://site.example/"]  # the bare address's own
    assert shown.text == "[a]\n[a]: https://site.example/\n"


def test_long_line_is_shown_whole() -> None:
    line = "word" * 50_000
    assert Markup(render_markdown(line)).text == line + "\n"


def test_right_to_left_text_and_emoji_are_untouched() -> None:
    text = "שלום עולם, مرحبا 👩‍💻 e\u0301"
    assert render_markdown(text) == f"<p>{text}</p>\n"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_newline_is_a_newline(newline: str) -> None:
    text = "# a\n\nb\nc\n\n```\nd\n```\n"
    assert render_markdown(text.replace("\n", newline)) == render_markdown(text)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\t\n"])
def test_nothing_is_rendered_as_nothing(text: str) -> None:
    assert render_markdown(text) == ""
