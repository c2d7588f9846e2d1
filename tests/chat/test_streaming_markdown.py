"""However a reply is cut into pieces, what is shown in the end is the same in every byte."""

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pygments.lexers import get_all_lexers

from apps.chat.markdown.code import highlighted
from apps.chat.markdown.open.colouring import Colouring
from apps.chat.markdown.renderer import render_markdown
from apps.chat.markdown.streaming import Append, Change, Finish, Grow, Replace, ReplyRenderer
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


def shown_open(changes: Sequence[Change], before: str = "") -> str:
    """The text of the open block on the page after ``changes``."""
    shown = before
    for change in changes:
        if isinstance(change, Append):
            shown += Markup(change.html).text
        elif isinstance(change, Replace):
            shown = Markup(change.html).text
        elif isinstance(change, Grow):  # the tail held the beginning of its first line
            shown = shown[: shown.rfind("\n") + 1] + Markup(change.html).text
    return shown


def finished(changes: Sequence[Change]) -> str:
    return "".join(change.html for change in changes if isinstance(change, Finish))


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


def test_open_code_is_never_parsed_again(parsed: list[int]) -> None:
    renderer = ReplyRenderer("tail")
    renderer.feed("```python\n")
    parsed.clear()
    for _ in range(1000):
        renderer.feed("x = '`*_'\n")
    assert parsed == []
    renderer.finish()
    assert len(parsed) == 1


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


def test_half_a_closing_fence_is_held_back() -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("```python\n")
    shown = ""
    for character in "x\n``":
        shown = shown_open(renderer.feed(character), shown)
    assert shown == "x\n"
    assert '<span class="n">x</span>' in finished(renderer.feed("`\n"))


def test_code_block_has_the_same_frame_before_and_after_highlighting() -> None:
    _, still_open = ReplyRenderer("tail").snapshot("```python\nx = 1\n")
    complete = render_markdown("```python\nx = 1\n```")
    frame, _, _ = complete.partition("<code>")
    assert frame
    assert still_open.startswith(frame)
    assert Markup(still_open).text == Markup(complete).text


def test_indented_fence_has_its_code_at_the_edge_while_it_is_written() -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("   ```sh\n")
    shown = ""
    for character in "   make\n     x\n y":
        shown = shown_open(renderer.feed(character), shown)
    assert shown == "make\n  x\ny"


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


CODE = {
    "python": 'def f(x):\n    """Say\n\n    if so\n    """\n    return f"a {x}"  # so\n',
    "javascript": "/* a\n if b\n */\nconst x = `a ${b}\n c`; // d\n",
    "c": '#include <stdio.h>\n/** long\n * comment */\nint main(void) { return printf("x"); }\n',
    "html": '<!-- a\n b -->\n<p class="x">\n  hi\n</p>\n',
    "json": '{\n "a": [1, true]\n}\n',
    "sql": "SELECT *\nFROM a /* x\n y */\nWHERE b = 'c';\n",
    "go": "var c = `x\n y`\n",
    "css": "a {\n  color: red;\n}\n",
    "nosuchlanguage": "a < b\n",
    "": "a & b\n",
}


def without_quotes(html: str) -> str:
    return html.replace("&quot;", '"').replace("&#39;", "'")


@pytest.mark.parametrize("language", CODE)
def test_code_is_coloured_line_by_line_as_it_will_be(language: str) -> None:
    """Also within what goes over several lines."""
    colouring = Colouring(language)
    coloured = "".join(colouring.lines(line) for line in CODE[language].splitlines(keepends=True))
    assert without_quotes(coloured) == without_quotes(highlighted(CODE[language], language))


def test_line_of_code_has_its_colours_when_it_ends() -> None:
    renderer = ReplyRenderer("tail")
    renderer.snapshot("```python\nx = 1\n")
    assert renderer.feed("y ") == [Append("y ")]
    (change,) = renderer.feed("= 2\nz")
    assert isinstance(change, Grow)
    assert '<span class="mi">2</span>' in change.before
    assert change.tail == "z"


def test_who_comes_in_the_middle_of_code_sees_its_colours() -> None:
    _, still_open = ReplyRenderer("tail").snapshot("```python\nx = 1\ny = ")
    assert '<span class="mi">1</span>' in still_open
    assert '<span class="message__tail" id="tail">y = </span>' in still_open


def test_every_language_is_coloured_line_by_line() -> None:
    """Some of Pygments' lexers keep their rules elsewhere."""
    for _, names, _, _ in get_all_lexers():
        for name in names[:1]:
            assert Markup(Colouring(name).lines("if (x) { y }\n")).text == "if (x) { y }\n", name


@pytest.mark.parametrize(
    "language",
    [
        *("c", "java", "perl", "tsx", "python", "html", "ruby", "yaml"),
        *("systemd", "registry", "make", "usd", "cfengine3", "foxpro"),  # the slowest
    ],
)
def test_any_line_of_code_is_shown_in_time(language: str) -> None:
    code = ["/*" * 200 + "\n", "x = `" * 100 + "\n", "a." * 400 + "\n", "{" * 300 + "\n", "s{" * 300 + "\n"] * 20
    started = time.process_time()
    colouring = Colouring(language)
    assert Markup("".join(colouring.lines(line) for line in code)).text == "".join(code)
    assert time.process_time() - started < 60  # a lexer that tries everything takes hours
