"""Links in replies lead to other sites, and say so where their words could mislead."""

import pytest

from apps.chat.markdown.renderer import render_markdown
from tests.support.markup import Markup


def site_named(text: str) -> str:
    """The site that stands beside the only link."""
    shown = Markup(render_markdown(text))
    assert len(shown.links) == 1
    return next((value for _, name, value in shown.attributes if name == "data-site"), "")


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/chat/",
            "//evil.example/x",
            "chat/x",
            "#message-1",
            "?prompt=x",
            "./x",
            "\\\\evil.example",
            "/\\evil.example",
        ),
        *("http:evil.example", "https:/evil.example", "https:///evil.example", "http:/\\evil.example", "https:?x"),
        *("ftp://evil.example", "ws://evil.example", "blob:https://x.example/1", "about:blank", "mailto:", "tel:123"),
    ],
)
def test_other_addresses_are_only_text(address: str) -> None:
    """Within this site, or with a scheme that a reply has no need of."""
    shown = Markup(render_markdown(f"[words]({address}) ![words]({address})"))
    assert shown.links == []
    assert shown.text.count("words") == 2


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("[the docs](https://docs.example/x)", ""),
        ("[docs.example](https://docs.example/x)", ""),
        ("[https://docs.example/y](https://docs.example/x)", ""),
        ("<https://docs.example/x>", ""),
        ("[os.path.join](https://docs.example/x)", ""),
        ("[write](mailto:somebody@docs.example)", ""),
        ("[https://bank.example](https://evil.example/x)", "evil.example"),
        ("[**https://bank.example**](https://evil.example/x)", "evil.example"),
        ("[`bank.com`](https://evil.example/x)", "evil.example"),
        ("[bank.com and evil.example](https://evil.example/x)", "evil.example"),
        ("[log in](https://bank.example@evil.example/)", "evil.example"),
        ("[https://bank.example@evil.example](https://evil.example/)", ""),
        ("[log in](https://b\u0430nk.example/)", "xn--bnk-6cd.example"),
        ("![a picture](https://evil.example/pixel.png)", "evil.example"),
        ("![](https://evil.example/pixel.png)", ""),
    ],
)
def test_site_is_named_where_the_words_could_mislead(text: str, site: str) -> None:
    assert site_named(text) == site


def test_letters_of_another_script_are_shown_encoded() -> None:
    shown = Markup(render_markdown("<https://xn--bnk-6cd.example/>"))
    assert shown.text.strip() == "https://xn--bnk-6cd.example/"


def test_giant_words_are_only_words() -> None:
    shown = Markup(render_markdown(f"[{'bank.com ' * 10_000}](https://evil.example/)"))
    assert shown.links == ["https://evil.example/"]
    assert ("a", "data-site", "evil.example") in shown.attributes
