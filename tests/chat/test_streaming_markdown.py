"""However a reply is cut into pieces, what is shown in the end is the same in every byte."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.chat.markdown.renderer import render_markdown
from apps.chat.markdown.streaming import Append, Replace, ReplyRenderer
from tests.chat.streamed_changes import finished, shown_open
from tests.support.markup import Markup

PIECES = [
    *("word ", "a", "1", " ", "  ", "    ", "\t", "é😀", "👩‍💻", "שלום", "\ue000", "\0", "\\", "&amp;", "<b>"),
    *("\n", "\n", "\n\n", "\n\n", "\r", "\r\n", "\x0b", "\u2028"),
    *("```", "```python\n", "````", "~~~", "~~~ js\n", "`", "``"),
    *("# ", "### ", "===\n", "---\n", "***\n", "- ", "* ", "+ ", "1. ", "10) ", "> ", ">"),
    *("| a | b |\n", "|---|:-:|\n", "|", "| ", "a | b\n", "--|--\n"),
    *(
        "> - ",
        "> > > ",
        "- - - - ",
        "1000000000. ",
        "999999999) ",
        "[a]: /x\n",
        "[a]",
        "a \\| b",
        "  \n",
        "\\\n",
        "-\t",
    ),
    *("\u202e", "\u200b", "\ufeff", "&#x202e;", "<!-- ", "-->", "<div>\n", "</div>\n", "[1]", "\x1b", "\x0c", "\x85"),
    *("*", "**", "_", "~~", "[x](", "![", "https://site.example", ")", "[", "]", "<https://site.example>"),
    *("https://site.example/.", "www.site.example", "C:\\a\\.b", "\\.", "\\_", "**Note:**text", "**「重点」**内容"),
    *("x**2", "<br>", "| `a | b` | c | d |\n", "`a|b`", "|--|\n"),
]
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


@st.composite
def texts_in_pieces(draw: st.DrawFn) -> list[str]:
    """A text, cut anywhere."""
    text = draw(texts)
    cuts = draw(st.sets(st.integers(0, len(text)), max_size=12) | st.just(set(range(len(text)))))
    return [text[start:end] for start, end in pairwise(sorted({0, len(text), *cuts}))]


def stream(renderer: ReplyRenderer, pieces: Sequence[str]) -> str:
    """Return the finished HTML of ``pieces`` after the last piece."""
    changes = [change for piece in pieces for change in renderer.feed(piece)]
    return finished([*changes, *renderer.finish()])


@settings(max_examples=400, deadline=None)
@given(texts_in_pieces())
@example(["```a`b\nfoo\n\nbar\n```\nbaz\n"])
@example(["**\n\n_\r"])
@example(["a\r", "\nb"])
def test_any_text_in_any_pieces_is_rendered_like_the_whole(pieces: list[str]) -> None:
    assert stream(ReplyRenderer("tail"), pieces) == render_markdown("".join(pieces))


@settings(max_examples=400, deadline=None)
@given(texts_in_pieces())
@example(["\r\r\u2028\n1. ", "a"])
@example(["--|--\n\x0c| `a | b` | c | d |\n---\n"])
@example(["a\r", "\nb"])
def test_coming_in_the_middle_gives_the_same(pieces: list[str]) -> None:
    renderer = ReplyRenderer("tail")
    so_far, _ = renderer.snapshot("".join(pieces[:1]))
    assert so_far + stream(renderer, pieces[1:]) == render_markdown("".join(pieces))


@settings(max_examples=200, deadline=None)
@given(texts_in_pieces())
def test_what_is_shown_on_the_way_is_harmless(pieces: list[str]) -> None:
    renderer = ReplyRenderer("tail")
    for piece in pieces:
        for change in renderer.feed(piece):
            dangers = [danger for danger in Markup(change.html).dangers if danger != "span id"]  # the tail's own
            assert dangers == []


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["plain ", "words ", "and 3 ", "numbers, ", "é😀 "]), min_size=1))
def test_plain_words_are_all_on_the_page_at_every_moment(pieces: list[str]) -> None:
    renderer = ReplyRenderer("tail")
    shown = ""
    for number, piece in enumerate(pieces, start=1):
        shown = shown_open(renderer.feed(piece), shown)
        assert shown.split() == "".join(pieces[:number]).split()


LONG = {
    "paragraphs": "Some *words* of a paragraph, with `code` and more words.\n\n",
    "one paragraph": "some *words* in a line, `code` too\n",
    "one line": "some *words* that never `end`, ",
    "list": "- an item with `code` in it\n",
    "loose list": "1. an item with `code` in it\n\n",
    "table": "| a | `b` |\n",
    "quote": "> quoted *words*\n",
    "fences": "```python\nx = 1\n```\n\n",
    "code": "    x = '`'\n",
    "headings": "### heading\n",
}


@pytest.mark.parametrize("kind", LONG)
def test_work_grows_no_faster_than_the_text(kind: str, parsed: list[int]) -> None:
    """Four times the text may cost the parser some four times the characters, not sixteen."""

    def cost_of(text: str) -> int:
        parsed.clear()
        stream(ReplyRenderer("tail"), text)
        return sum(parsed)

    start = "| a | b |\n|---|---|\n" if kind == "table" else ""
    small, large = (cost_of(start + LONG[kind] * count) for count in (200, 800))
    assert small > 0
    assert large < 6 * small
    assert large < 20 * len(LONG[kind]) * 800


@pytest.mark.parametrize(
    "half",
    [
        *("`", "``", "```", "```py", "~~~", "| a", "| a | b", "#", "###", "-", "1.", "> "),
        *("> 1. ", "    - ", "- `"),
    ],
)
def test_half_typed_line_is_held_back(half: str) -> None:
    """Otherwise it would be seen as text for a moment, before it turns into something else."""
    renderer = ReplyRenderer("tail")
    _, still_open = renderer.snapshot("Words.\n\n")
    shown = Markup(still_open).text
    for character in half:
        shown = shown_open(renderer.feed(character), shown)
        assert shown.strip() == "Words."


def test_held_back_line_is_shown_once_it_is_a_sentence() -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("")
    assert renderer.feed("#") == []
    assert shown_open(renderer.feed("hash")) == "#hash"


def test_line_that_begins_with_code_is_shown_as_it_comes() -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("")
    assert renderer.feed("`csv") != []
    assert shown_open(renderer.feed("` reads"), "").strip() == "csv reads"


@pytest.mark.parametrize("text", ["| " + "cell " * 200, "*" * 1000, "``` " + "word " * 200])
def test_long_half_typed_line_is_not_taken_back(text: str) -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("")
    lengths, shown = [], ""
    for start in range(0, len(text), 4):
        shown = shown_open(renderer.feed(text[start : start + 4]), shown)
        lengths.append(len(shown.strip()))
    assert lengths == sorted(lengths)
    assert lengths[-1] > 900


def test_markup_in_the_open_block_is_shown_as_soon_as_it_is_complete() -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("")
    changes = renderer.feed("some **bold**")
    assert [type(change) for change in changes] == [Replace]
    assert "<strong>bold</strong>" in changes[0].html
    assert changes[0].html.count('id="tail"') == 1


@settings(max_examples=200, deadline=None)
@given(texts)
def test_open_block_has_one_tail(text: str) -> None:
    _, still_open = ReplyRenderer("tail").snapshot(text)
    assert still_open.count('id="tail"') == 1


@settings(max_examples=400, deadline=None)
@given(texts_in_pieces())
def test_what_is_said_only_to_append_renders_nothing_again(pieces: list[str]) -> None:
    renderer = ReplyRenderer("tail")
    for piece in pieces:
        only_appends = renderer.only_appends(piece)
        changes = renderer.feed(piece)
        assert not only_appends or all(isinstance(change, Append) for change in changes)


@pytest.mark.parametrize("beginning", ["Words of a paragraph", "- an item", "```python\nfor line"])
def test_words_in_a_line_only_append(beginning: str) -> None:
    renderer = ReplyRenderer("tail")
    renderer.feed(beginning)
    assert renderer.only_appends(" in file")
    assert not renderer.only_appends(" in file\n")
