"""A reply's text on the page cannot lie: marks stand for invisible characters."""

import pytest

from apps.chat.markdown.renderer import render_markdown
from apps.chat.markdown.streaming import Append, ReplyRenderer
from tests.support.markup import Markup

OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ONLY_IN_CODE = "\u200b\u200e\u200f\u061c\u2060\ufeff\xad\u3164\x1b\x08\x7f\x9b\u2028\U000e0041"
# The example of https://trojansource.codes.
TROJAN = "if access_level != 'user\u202e \u2066// Check if admin\u2069 \u2066':"


def marks(html: str) -> list[str]:
    return [
        chr(int(value.replace("U+", "0x"), 0)) for _, name, value in Markup(html).attributes if name == "data-character"
    ]


@pytest.mark.parametrize("character", OVERRIDES)
@pytest.mark.parametrize(
    "frame",
    [
        *(
            "a{}b",
            "# a{}b",
            "- a{}b",
            "> **a{}b**",
            "| a{}b |\n|---|",
            "[a{}b](https://x.example)",
            "`a{}b`",
            "    a{}b",
        ),
        *("```\na{}b\n```", "```python\n'a{}b'\n```", "```a{}b\nx\n```", "![a{}b](https://x.example)"),
    ],
)
def test_overrides_of_direction_are_marked_everywhere(character: str, frame: str) -> None:
    html = render_markdown(frame.format(character))
    assert marks(html) == [character]
    assert character not in html


@pytest.mark.parametrize("entity", ["&#x202e;", "&#8238;"])
def test_entities_are_no_way_around(entity: str) -> None:
    assert marks(render_markdown(f"a{entity}b")) == ["\u202e"]
    in_title = render_markdown(f'[a](https://x.example "b{entity}c")')
    assert ("a", "title", "bc") in Markup(in_title).attributes


@pytest.mark.parametrize("character", ONLY_IN_CODE)
def test_all_that_is_not_seen_is_marked_in_code(character: str) -> None:
    for code in (f"`a{character}b`", f"```\na{character}b\n```", f"```python\na{character}b\n```"):
        html = render_markdown(code)
        assert marks(html) == [character]
        assert character not in html
    assert marks(render_markdown(f"a{character}b")) == []


@pytest.mark.parametrize(
    "text", ["שלום \u200fעולם!", "می\u200cخواهم", "👩\u200d💻", "soft\xadhyphen", "naïve\tcafé", "日本語"]
)
def test_prose_of_other_languages_stays_as_it_is(text: str) -> None:
    assert render_markdown(text) == f"<p>{text}</p>\n"


def test_emoji_in_code_stays_whole() -> None:
    assert marks(render_markdown("`'👩\u200d💻❤\ufe0f'`")) == []


def test_code_reads_in_the_order_in_which_it_is_run() -> None:
    html = render_markdown(f"```python\n{TROJAN}\n```")
    assert marks(html) == ["\u202e", "\u2066", "\u2069", "\u2066"]
    assert "if access_level != 'user // Check if admin ':" in Markup(html).text


def test_it_is_marked_while_it_is_written_too() -> None:
    for start in ("", "```python\n"):
        renderer = ReplyRenderer("tail")
        renderer.snapshot(start)
        changes = renderer.feed("a\u202eb")
        assert [type(change) for change in changes] == [Append]
        assert marks(changes[0].html) == ["\u202e"]
