"""Items and rows appear as what they will be, however long their list or table is, and those before them stay."""

import re
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.chat.markdown.open.credit import EARNED, TO_BEGIN_WITH
from apps.chat.markdown.open.half_typed import LONGEST_HELD
from apps.chat.markdown.renderer import render_markdown
from apps.chat.markdown.streaming import Append, Change, Extend, Finish, Grow, Replace, ReplyRenderer
from tests.support.markup import Markup

TAIL = '<span class="message__tail" id="tail">'
WORDS = re.compile(r"\S+")


class Page:
    """The text of a reply in a browser."""

    def __init__(self, text: str = "") -> None:
        self.renderer = ReplyRenderer("tail")
        self.finished, self.open = self.renderer.snapshot(text)

    def feed(self, text: str) -> list[Change]:
        changes = self.renderer.feed(text)
        for change in changes:
            self._apply(change)
        return changes

    def _apply(self, change: Change) -> None:
        match change:
            case Finish(html):
                self.finished += html
            case Replace(html):
                self.open = html
            case Append(html):
                place = self.open.index("</span>", self.open.index(TAIL))
                self.open = self.open[:place] + html + self.open[place:]
            case Grow(lines, html):
                before, _, after = self.open.partition(TAIL)
                self.open = before + lines + TAIL + html + after[after.index("</span>") :]
            case Extend(level, html):
                start, end = self._place_of(level)
                self.open = self.open[:start] + html + self.open[end:]
            case _:
                raise AssertionError(change)
        assert self.open.count(TAIL) == 1

    def _place_of(self, level: int) -> tuple[int, int]:
        """Return the position of the only open item or row of a level."""
        (begin,) = re.finditer(rf'<(li|tr) data-part="{level}">', self.open)
        depth = 0
        for tag in re.finditer(rf"<(/?){begin[1]}\b", self.open[begin.start() :]):
            depth += -1 if tag[1] else 1
            if not depth:
                return begin.start(), begin.start() + tag.end() + 1
        raise AssertionError(self.open)

    @property
    def html(self) -> str:
        """Without what only an open block has."""
        shown = self.finished + self.open.replace(f"{TAIL}</span>", "")
        return re.sub(r' data-part="\d"', "", shown)


def words_of(html: str) -> list[str]:
    """Tags and words, without the space between them."""
    return WORDS.findall(re.sub(r"(</?[a-z][^>]*>)", r" \1 ", html.replace("<p></p>", "")))


LINES = [
    *("- one `code`", "- two **bold**", "  - deep", "    - deeper", "  - [ ] to do", "- [x] done", "* star", "+ plus"),
    *("1. first", "2. second", "   - under it", "     more of it", "7) seventh", "10. **Check 10**", "   1. one"),
    *("", "", "  more words", "lazy words", "   A paragraph.", "# Heading", "> quoted", "***", "- - both", "-", "1."),
    *("   ```py", "   x = 1", "   ```", "```", "  ```", "    code", "\t- tab", "-\ttab", "  \t x"),
    *("> - in a quote", ">   more of it", "> 1. [x] done", ">", "> | a | b |", "> |---|---|", "> | `1` | 2 |"),
    *("  | a | b |", "  |---|---|", "  | `1` | 2 |", "  > **in** an item", "> > deep", "> ```", "> x = 1"),
    *("| a | b |", "|---|--:|", "| 1 | `2|3` |", "x | y", "| **3** | 4 | 5 |", "a | b", "--|--", "| <br> |", "| `"),
]
documents = st.lists(st.sampled_from(LINES), max_size=25).map("\n".join)
USUAL = {
    "two levels": "Steps:\n\n"
    + "".join(f"{n}. **Check {n}** with `code`\n    - first thing\n    - **second** thing\n" for n in range(8, 30)),
    "checklist": "".join(f"- [{' x'[n % 2]}] to do {n}\n" for n in range(60)) + "\nThat is all.\n",
    "code in items": "".join(
        f"{n}. Run it:\n\n   ```sh\n   make {n}\n\n   make x\n   ```\n\n   It says so.\n\n" for n in range(5, 20)
    ),
    "one long item": "Two:\n- a\n"
    + "".join(f"  * under {n}\n    on two lines\n" for n in range(40))
    + "- b\n\n  and more\n- c\n",
    "tabs and wide markers": "".join(f"-   item {n}\n    1)  under it\n    2)  also\n" for n in range(30)),
    "quoted": "".join(f"> - quoted {n}\n" for n in range(25)),
    "quoted tasks": "".join(f"> - [{' x'[n % 2]}] do **{n}** and `more`\n" for n in range(60)),
    "table in a quote": "> | a | b |\n> |---|---|\n" + "".join(f"> | `r{n}` | **{n}** |\n" for n in range(60)),
    "table in an item": "1. So:\n\n   | a | b |\n   |---|---|\n"
    + "".join(f"   | `r{n}` | **{n}** |\n" for n in range(60))
    + "\n   It says so.\n2. next\n",
    "quote in an item": "- They say:\n" + "".join(f"  > - **{n}** is `so`\n" for n in range(60)) + "- next\n",
    "table": "So:\n\n| a | b |\n|:--|--:|\n"
    + "".join(f"| `r{n}` | **{n}** |\n" for n in range(50))
    + "\nThat is all.\n",
    "table without outer pipes": "a | b\n--|--\n" + "".join(f"`r|{n}` | {n}\n" for n in range(60)) + "\n- x\n- y\n",
    "wide table": "| a |" + " wide |" * 40 + "\n|-|" + "-|" * 40 + "\n" + ("| x |" + " some words |" * 40 + "\n") * 4,
}


@st.composite
def in_pieces(draw: st.DrawFn) -> list[str]:
    """A text cut into pieces of one size, from single characters to several lines."""
    text = draw(documents | st.sampled_from([*USUAL.values()]))
    size = draw(st.integers(1, 12) | st.integers(1, 200))
    return [text[start : start + size] for start in range(0, len(text), size)]


@settings(max_examples=100, deadline=None)
@given(in_pieces())
def test_open_block_is_what_a_reload_shows(pieces: Sequence[str]) -> None:
    """At the end of each line, unless it may become the head of a table."""
    page = Page()
    written = ""
    for piece in pieces:
        changes = page.feed(piece)
        written += piece
        if written.endswith("\n") and any(isinstance(change, Replace | Extend) for change in changes):
            but_one = written[: written[:-1].rfind("\n") + 1]
            shown = words_of(page.html)
            assert any(shown == words_of(render_markdown(text)) for text in (written, but_one))


def last_of(html: str) -> str:
    """The text of the last item or row."""
    return re.sub(r"[\s*`]", "", Markup(f"<p{re.split('<(?:li|tr)', html)[-1]}").text)


@pytest.mark.parametrize("kind", [kind for kind in USUAL if kind != "wide table"])
def test_item_and_row_are_never_seen_as_anything_else(kind: str) -> None:
    """They begin with their first visible character, in long lists and tables too."""
    page = Page()
    begun = ""
    seen = 0
    for line in USUAL[kind].splitlines(keepends=True):
        before = page.html
        length = 0
        while page.html == before and length < len(line):
            page.feed(line[length])
            length += 1
        if page.html != before:
            whole = render_markdown(begun + line[:length])
            assert (page.html.count("<li"), page.html.count("<tr")) == (whole.count("<li"), whole.count("<tr"))
            assert last_of(page.html) == last_of(whole)
            seen += 1
        page.feed(line[length:])
        begun += line
    assert seen > 20


@pytest.mark.parametrize("kind", ["checklist", "two levels", "table"])
def test_what_is_above_the_last_item_is_not_sent_again(kind: str) -> None:
    page = Page()
    start = len(USUAL[kind]) // 3
    page.feed(USUAL[kind][:start])
    changes = [change for character in USUAL[kind][start:-20] for change in page.feed(character)]
    assert {type(change) for change in changes} <= {Append, Extend, Grow}
    assert max(len(change.html) for change in changes) < 600


PROSE = {
    "quote": "> Some **words {n}** of `it` and of what follows\n",
    "quote of paragraphs": "> Some **words {n}** of `it` and of what follows, and what then\n>\n",
    "quote in quote": "> > Some **words {n}** of `it`\n",
    "quote in an item": "  > Some **words {n}** of `it`\n",
    "item": "  some **words {n}** of `it`\n",
    "lines": "**Key {n}:** the `value {n}`\n",
    "one line": "some **words {n}** of `it`, *and* [one](https://site.example/{n}), ",
    "code in a quote": "> x_{n} = 2  # **so**\n",
}
MARKS = re.compile(r"\*\*|`|^ *>", re.MULTILINE)


@cache  # The pieces of both sizes end at the same places.
def marks_of_whole(text: str) -> int:
    """Count the marks that a reload shows."""
    return len(MARKS.findall(Markup(render_markdown(text)).text))


@pytest.mark.parametrize("kind", PROSE)
@pytest.mark.parametrize("size", [1, 4])
def test_marks_of_long_prose_are_never_shown_but_of_what_is_half_typed(kind: str, size: int) -> None:
    """Hide them in a paragraph or quote of any length."""
    start = {"item": "- One:\n", "quote in an item": "- One:\n\n", "code in a quote": "> ```py\n"}.get(kind, "")
    text = start + "".join(PROSE[kind].format(n=n) for n in range(20 if kind == "quote of paragraphs" else 60))
    page = Page()
    for end in range(size, len(text), size):
        page.feed(text[end - size : end])
        if end % 20 < size:
            assert len(MARKS.findall(Markup(page.html).text)) <= marks_of_whole(text[:end]) + 1, page.html[-300:]


def test_list_that_turns_out_loose_is_shown_anew() -> None:
    page = Page("1. one\n2. two\n")
    assert "<p>" not in page.html
    page.feed("\n3. t")
    assert page.html.count("<p>") == 3


def test_head_of_a_table_is_held_until_it_is_one() -> None:
    page = Page("Words.\n\n")
    for character in "| a | b |\n|---|--":
        page.feed(character)
        assert "a" not in Markup(page.html).text
    page.feed("|\n")
    assert page.html.count("<th>") == 2


def test_line_between_pipes_that_is_no_head_is_shown_with_the_next() -> None:
    page = Page()
    page.feed("| a | b |\n")
    page.feed("w")
    assert Markup(page.html).text.split() == ["|", "a", "|", "b", "|", "w"]


def test_long_row_is_shown_before_its_end() -> None:
    page = Page("| a | b |\n|---|---|\n| 1 | 2 |\n")
    page.feed("| some words")
    assert "some" not in page.html
    page.feed(" and more" * (LONGEST_HELD // 8) + " |")
    assert page.html.count("<tr") == 3
    page.feed(" last")
    assert "last" in page.html


@pytest.mark.parametrize(
    "line", ["1) b\n", "2) b\n", "- b\n\n", "  - c\n lazy\n", "* a\n- b\n", "- *a\n", "1. x\n\n       y\n"]
)
def test_what_is_not_what_it_seems_costs_no_more(line: str, parsed: list[int]) -> None:
    """The parser looks at so many characters for each, whatever the list turns out to be."""
    text = "1. a\n" + line * 2_000
    page = Page()
    for start in range(0, len(text), 7):
        page.renderer.feed(text[start : start + 7])
    assert sum(parsed) < TO_BEGIN_WITH + 4 * EARNED * len(text)


def test_table_appears_row_by_row() -> None:
    page = Page("| a | b |\n|---|---|\n| 1 | 2 |\n")
    assert page.feed("| 3 | ") == []
    assert [type(change) for change in page.feed("4 |\n")] == [Extend]
    assert page.html.count("<tr>") == 3


@pytest.mark.parametrize(
    ("before", "line", "tag"),
    [
        ("1. One thing.\n", "2. Another", "<li>"),
        ("- One thing.\n", "- Another", "<li>"),
        ("> said\n\n1. One\n", "2) Another", "<li>"),
        ("| a | b |\n|---|---|\n", "| 1 | 2 |\n", "<tr>"),
    ],
)
@pytest.mark.parametrize("times", [1, 30])
def test_item_and_row_appear_as_what_they_will_be(before: str, line: str, tag: str, times: int) -> None:
    """They begin with their first visible character, never glued to the text before."""
    head, _, first = before.rpartition("\n\n")
    text = f"{head}\n\n{first}" + "".join(f"{first.splitlines()[-1]}\n" for _ in range(times) if "|" not in first)
    page = Page(text)
    shown = page.html
    for character in line:
        page.feed(character)
        assert page.html in {shown, f"{shown} "} or page.html.count(tag) == shown.count(tag) + 1
    assert page.html.count(tag) == shown.count(tag) + 1
