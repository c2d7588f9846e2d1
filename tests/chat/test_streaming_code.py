"""Code in a reply that streams: framed and coloured as it will be, line by line, at little cost."""

import time

import pytest
from pygments.lexers import get_all_lexers

from apps.chat.markdown.code import highlighted
from apps.chat.markdown.open.colouring import Colouring
from apps.chat.markdown.renderer import render_markdown
from apps.chat.markdown.streaming import Append, Grow, ReplyRenderer
from tests.chat.streamed_changes import finished, shown_open
from tests.support.markup import Markup


def test_open_code_is_never_parsed_again(parsed: list[int]) -> None:
    renderer = ReplyRenderer("tail")
    renderer.feed("```python\n")
    parsed.clear()
    for _ in range(1000):
        renderer.feed("x = '`*_'\n")
    assert parsed == []
    renderer.finish()
    assert len(parsed) == 1


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
