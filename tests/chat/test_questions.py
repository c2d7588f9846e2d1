"""A question is shown as it was typed, and the code that is pasted into it as code."""

import time

import pytest

from apps.chat.markdown.questions import render_question
from tests.chat.test_hostile_markdown import HOSTILE_HTML
from tests.support.markup import HARMLESS_TAGS, Markup


def code_in(text: str) -> list[str]:
    """The code of each block."""
    return [Markup(block.partition("</code>")[0]).text for block in render_question(text).split("<code>")[1:]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Why?\n\n```python\nx = 1\n```\n\nAnd *why* so?", ["x = 1\n"]),
        ("```\na\n```", ["a\n"]),
        ("Mend this: ```js\nf()\n```", ["f()\n"]),
        ("```js\nf()```\nplease", ["f()\n"]),
        ("~~~~ sh\nls\n~~~\n~~~~\n", ["ls\n~~~\n"]),
        ("````md\n```py\nx\n```\n````", ["```py\nx\n```\n"]),
        ("```python\r\nx = 1\r\n```\r\n", ["x = 1\n"]),
        ("```\nnever closed\n", ["never closed\n"]),
        ("```py\na\n```\n```py\nb\n```", ["a\n", "b\n"]),
    ],
)
def test_pasted_fences_are_code(text: str, code: list[str]) -> None:
    assert code_in(text) == code
    assert "```" not in render_question(text.replace("```py\nx\n```", ""))


@pytest.mark.parametrize(
    "text",
    [
        "What does ```x = 1``` do?",
        "The mark ``` begins code",
        "It ends in ```",
        "**bold** `code` # and <b>tags</b>\n  - as typed\n\n1. so",
        "",
        "C:\\a\\.b  and   spaces\n\n\n",
    ],
)
def test_all_else_is_as_typed(text: str) -> None:
    shown = Markup(render_question(text))
    assert shown.tags == []
    assert shown.text == text


def test_what_stands_around_code_is_as_typed() -> None:
    before, _, rest = render_question("  *One*\n\n```\nx\n```\n\n  <two>").partition("<figure")
    assert before == "  *One*\n"
    assert rest.partition("</figure>")[2] == "\n  &lt;two&gt;"


@pytest.mark.parametrize(("lines", "is_folded"), [(14, False), (15, True), (200, True)])
def test_long_code_is_folded_and_stays_whole(lines: int, is_folded: bool) -> None:  # noqa: FBT001 - a case
    code = "x = 1\n" * lines
    html = render_question(f"```python\n{code}```")
    assert ("<details" in html) is is_folded
    assert (f"Show all {lines} lines" in html) is is_folded
    assert code_in(f"```python\n{code}```") == [code]
    assert '<span class="mi">1</span>' in html


@pytest.mark.parametrize("hostile", HOSTILE_HTML)
@pytest.mark.parametrize("frame", ["{}", "```\n{}\n```", "```{}\nx\n```"])
def test_html_in_a_question_is_only_text(hostile: str, frame: str) -> None:
    shown = Markup(render_question(frame.format(hostile)))
    assert set(shown.tags) <= HARMLESS_TAGS
    assert shown.dangers == []
    assert HOSTILE_HTML[hostile] in shown.text


@pytest.mark.parametrize("piece", ["a ```\n", "```\n", "```a\nb\n```\n", "~~~ ``` ", "`", "``` "])
def test_time_grows_no_faster_than_the_question(piece: str) -> None:
    def seconds(count: int) -> float:
        started = time.process_time()
        render_question(piece * count)
        return time.process_time() - started

    short = min(seconds(1_000) for _ in range(2))
    assert any(seconds(4_000) < 9 * short + 0.5 for _ in range(2))
