"""Characters that are not seen but change how a text reads: marks stand in their place, so that nothing shown can lie.

In code every invisible character is marked, from bidirectional controls (CVE-2021-42574) to characters of no width and
terminal controls. In prose only direction overrides are marked: other languages need the rest.
"""

import re

OVERRIDES = "\u202a-\u202e\u2066-\u2069"
# Control characters without tab and line feed.
CONTROLS = "\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
MARKS_OF_DIRECTION = "\u061c\u200e\u200f"
# Soft hyphen, fillers, spaces of no width, invisible operators, interlinear annotation, tags and their like. Not the
# joiner and selector in the middle of an emoji, which are part of it.
WITHOUT_WIDTH = (
    "\xad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffb\U000e0000-\U000e0fff"
)
IN_PROSE = re.compile(f"[{OVERRIDES}]")
IN_CODE = re.compile(f"[{OVERRIDES}{CONTROLS}{MARKS_OF_DIRECTION}{WITHOUT_WIDTH}]")


def mark_in_prose(html: str) -> str:
    """Mark direction overrides in the HTML of a text, whose attributes have none."""
    return html if html.isascii() else IN_PROSE.sub(_mark, html)


def mark_in_code(html: str) -> str:
    """Mark every invisible character in the HTML of code. Copying gives the text that is shown."""
    return IN_CODE.sub(_mark, html)


def without_overrides(text: str) -> str:
    """Remove direction overrides, for places without room for a mark."""
    return IN_PROSE.sub("", text)


def _mark(match: re.Match[str]) -> str:
    return f'<span class="unseen" data-character="U+{ord(match[0]):04X}"></span>'
