"""Items that begin with a box are tasks, as GitHub's Markdown has them."""

import time

import pytest

from apps.chat.markdown.renderer import render_markdown
from tests.chat.test_streaming_lists_and_tables import Page
from tests.support.markup import Markup

OPEN = '<input type="checkbox" disabled="" aria-label="To do"> '
DONE = '<input type="checkbox" disabled="" checked="" aria-label="Done"> '


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("- [ ] one", f"<li>{OPEN}one</li>"),
        ("* [x] one", f"<li>{DONE}one</li>"),
        ("1. [X]  one", f"<li>{DONE}one</li>"),
        ("- [ ] **one** and `two`", f"<li>{OPEN}<strong>one</strong> and <code>two</code></li>"),
        ("- [x] `one`", f"<li>{DONE}<code>one</code></li>"),
        ("- [ ] one\n\n- [x] two", f"<p>{DONE}two</p>"),
        ("- one\n  - [x] two", f"<li>{DONE}two</li>"),
        ("> - [ ] one", f"<li>{OPEN}one</li>"),
        ("- [ ] [link](https://site.example)", f"<li>{OPEN}<a href="),
    ],
)
def test_item_begins_with_its_box(text: str, shown: str) -> None:
    html = render_markdown(text)
    assert shown in html
    assert Markup(html).dangers == []


@pytest.mark.parametrize(
    "text",
    [
        "- [ ]",
        "- [x]y",
        "- [x](https://site.example)",
        r"- \[x] one",
        "- one [x] two",
        "[x] one",
        "- [xx] one",
        "- [1] a",
    ],
)
def test_other_brackets_are_text_or_links(text: str) -> None:
    assert "input" not in Markup(render_markdown(text)).tags


@pytest.mark.parametrize("before", ["", "- [x] before\n", "> - [x] before\n> "])
def test_box_is_never_seen_as_brackets(before: str) -> None:
    page = Page(before)
    boxes = before.count("[")
    for character in "- [ ] do it":
        page.feed(character)
        assert "[" not in Markup(page.html).text
    assert page.html.count("<input") == boxes + 1


def test_work_grows_with_the_number_of_tasks() -> None:
    started = time.process_time()
    assert render_markdown("- [ ] do it\n" * 20_000).count("<input") == 20_000
    assert time.process_time() - started < 120
