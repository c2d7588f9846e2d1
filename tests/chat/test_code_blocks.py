"""Colours take no longer than they are worth, and without them the code is the same."""

import pytest

from apps.chat.markdown.code import ALWAYS_COLOURED, LONGEST_HIGHLIGHTED, highlighted
from apps.chat.markdown.renderer import render_markdown
from tests.support.markup import Markup

PART = '<span class="code-block__part">'
# In each of these the lexer looks ahead to the end from everywhere.
REPEATED = {"c": "\n", "java": "a ", "csharp": "a\n", "perl": "s{", "tsx": "a.", "diff": "- ", "markdown": "\n"}


@pytest.mark.parametrize("language", REPEATED)
def test_endless_repetition_is_shown_without_colours(language: str) -> None:
    """With colours this would take minutes."""
    code = REPEATED[language] * (LONGEST_HIGHLIGHTED // len(REPEATED[language]))
    html = highlighted(code, language)
    assert colours(html) == 0
    assert Markup(f"<code>{html}</code>").text == code


@pytest.mark.parametrize("language", ["c", "java", "csharp", "perl", "tsx"])
def test_short_code_is_always_coloured(language: str) -> None:
    code = REPEATED[language] * (ALWAYS_COLOURED // len(REPEATED[language]) - 1) + "x = 1"
    assert "<span" in highlighted(code, language)


def test_five_thousand_lines_are_coloured() -> None:
    code = "".join(f"total_{number} = sum(values[:{number}])  # {number}\n" for number in range(5_000))
    assert len(code) <= LONGEST_HIGHLIGHTED
    shown = Markup(render_markdown(f"```python\n{code}```"))
    assert shown.tags.count("span") > 30_000
    assert code in shown.text


def test_longer_code_is_shown_as_it_is() -> None:
    code = "x = 1\n" * (LONGEST_HIGHLIGHTED // 6 + 1)
    html = highlighted(code, "python")
    assert colours(html) == 0
    assert Markup(html).text == code


def test_long_code_comes_in_parts_that_no_tag_crosses() -> None:
    code = '"""One\n' + "string\n" * 250 + '"""\nx = 1\n'
    parts = highlighted(code, "python").split(PART)[1:]
    assert [Markup(part).text.count("\n") for part in parts] == [100, 100, 53]
    assert all(part.count("<span") + 1 == part.count("</span>") for part in parts)
    assert PART not in highlighted("x = 1\n" * 100, "python")


def colours(html: str) -> int:
    return html.count("<span") - html.count(PART)
