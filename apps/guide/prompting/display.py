"""A prompt on a page. The text in the markup is the exact prompt; the style sheet draws dots and arrows."""

import json
import re
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.inference.prompts import Piece, Prompt

WHITE_SPACE = re.compile(r"(?P<space> )|(?P<newline>\n)|(?P<tab>\t)")


@dataclass(frozen=True, slots=True)
class ShownPrompt:
    """A prompt with everything that the page shows about it.

    ``as_json`` is what to send: a JSON string without the first token.

    ``open_url`` is the address of the playground with its text; empty where it has none.
    """

    prompt: Prompt
    open_url: str = ""

    @property
    def html(self) -> SafeString:
        """The prompt with its special tokens marked, piece by piece."""
        return format_html_join("", "{}", ((_show_piece(piece),) for piece in self.prompt.pieces))

    @property
    def as_json(self) -> str:
        return json.dumps(self.prompt.text, ensure_ascii=False)

    @property
    def characters(self) -> int:
        return len(self.prompt.text)

    @property
    def size(self) -> int:
        """Bytes in UTF-8, without the first token."""
        return len(self.prompt.text.encode())

    @property
    def hexadecimal(self) -> str:
        """The bytes, sixteen to a line."""
        return self.prompt.text.encode().hex(" ", 1).upper()

    @property
    def stops(self) -> list[str]:
        """The stop sequences to send along, as JSON strings."""
        return [json.dumps(stop) for stop in self.prompt.stop]


def _show_piece(piece: Piece) -> SafeString:
    css_class = "prompt__token" if piece.is_special else "prompt__text"
    return format_html('<span class="{}">{}</span>', css_class, _show_white_space(piece.text))


def _show_white_space(text: str) -> SafeString:
    parts: list[tuple[SafeString]] = []
    end = 0
    for found in WHITE_SPACE.finditer(text):
        parts += [(format_html("{}", text[end : found.start()]),)]
        parts += [(format_html('<span class="prompt__{}">{}</span>', found.lastgroup or "", found[0]),)]
        end = found.end()
    return format_html_join("", "{}", [*parts, (format_html("{}", text[end:]),)])
