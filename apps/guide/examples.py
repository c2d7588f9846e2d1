"""Example input for a model: a question in the chat, code in the playground."""

from urllib.parse import urlencode

from django.urls import reverse

# Instruct answers questions. Base and Python continue code.
EXAMPLES = {
    "instruct": (
        "chat:home",
        {"prompt": "Write a Python function that takes a URL and returns a list of all links on the page."},
    ),
    "base": (
        "playground:complete",
        {
            "code": "// Return the links of an HTML page.\nfunction links(html) {\n  ",
            "variant": "base",
            "language": "typescript",
        },
    ),
    "python": (
        "playground:complete",
        {
            "code": 'def links(url: str) -> list[str]:\n    """Return the links of the page at ``url``."""\n',
            "variant": "python",
        },
    ),
}
# Code with a gap, for Base 7B and 13B.
GAP = {"before": "def mean(values: list[float]) -> float:\n    ", "after": "\n    return total / len(values)\n"}


def try_url(variant: str) -> str:
    """Return the address of the chat or playground, with a fitting example typed in but not sent; empty without one."""
    if variant not in EXAMPLES:
        return ""
    page, texts = EXAMPLES[variant]
    return f"{reverse(page)}?{urlencode(texts)}"


def fill_url() -> str:
    """Return the address of the playground with a gap to fill."""
    return open_url(**GAP)


def open_url(*, before: str, after: str = "") -> str:
    """Return the address of the playground with that text typed in: to continue, or with text after it to fill."""
    if after:
        return f"{reverse('playground:fill')}?{urlencode({'before': before, 'after': after})}"
    return f"{reverse('playground:complete')}?{urlencode({'code': before})}"
