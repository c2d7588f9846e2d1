"""Colours of the code in the panes: the text itself never changes."""

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from apps.playground.colouring import LANGUAGES, LONGEST, coloured

CODES = [
    "def f():\n    return 1",
    "def f():\n    return 1\n",
    "\n\n  x = 1  \n\n",
    " ",
    '<script>alert(1)</script> & "x"',
    "// C\nint main() { return 'a' < 2 && 1; }\n",
    "\t\u00df = '\U0001f600'",
    "function f($x) { return $x; }",
    "'''" + "never closed\n" * 50,
    "\u2028\u00a0end",
]


@pytest.mark.parametrize("language", [name for name, _ in LANGUAGES])
@pytest.mark.parametrize("code", CODES)
def test_the_text_is_the_same(code: str, language: str) -> None:
    html = coloured(code, language)
    assert "<script" not in html
    shown = LexborHTMLParser(f"<pre>.{html}</pre>").css_first("pre")
    assert shown is not None
    assert shown.text() == f".{code}"


def test_there_are_colours() -> None:
    assert '<span class="k">def</span>' in coloured("def f(): ...", "python")
    assert "<span" not in coloured("def f(): ...", "text")


@pytest.mark.django_db
def test_the_page_asks_for_them(client: Client, browser: Client) -> None:
    asked = {"code": "def f():\r\n    ...", "language": "python"}
    answer = browser.post("/playground/colours/", asked)
    assert answer.status_code == 200
    assert LexborHTMLParser(f"<pre>{answer.text}</pre>").text() == "def f():\n    ..."
    for wrong in ({"language": "cobol"}, {"code": ""}, {"code": "x" * (LONGEST + 1)}):
        assert browser.post("/playground/colours/", {**asked, **wrong}).status_code == 422
    assert client.post("/playground/colours/", asked).status_code == 302  # to sign in
