"""Prose: Markdown with citations and examples of prompts.

``[@paper §2.1; licence]`` becomes links to numbered sources. A block fenced with ``prompt`` describes what goes into a
prompt, in TOML, and becomes the prompt itself (``prompting/examples.py``).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from apps.guide.prompting.display import ShownPrompt
from apps.guide.prompting.examples import FaultyExample, read_example

CITATION = re.compile(r"\[@(?P<cites>[^\]]+)\]")


def split_citation(spelling: str) -> tuple[str, str]:
    """Split ``"paper §2.1"`` into the source's key and the place in it."""
    key, _, place = spelling.strip().partition(" ")
    return key, place


def find_citations(text: str) -> Iterator[tuple[int, str]]:
    """Yield each cited source key with the line (from 1) that cites it."""
    for number, line in enumerate(text.splitlines(), 1):
        for found in CITATION.finditer(line):
            for cite in found["cites"].split(";"):
                yield number, split_citation(cite)[0]


def find_faulty_examples(text: str) -> Iterator[tuple[int, str]]:
    """Yield the line (from 1) and the fault of each example of a prompt that cannot be rendered."""
    if "prompt" not in text:
        return
    for token in _markdown.parse(text):
        if _is_example(token) and token.map:
            try:
                read_example(token.content)
            except FaultyExample as error:
                yield token.map[0] + 1, f"the example of a prompt cannot be rendered: {error}"


def plain_prose(text: str) -> str:
    """Return the words of a section, without markup, citations and examples of prompts."""
    pieces = []
    for token in _markdown.parse(text):
        if token.type == "inline":
            pieces.append("".join(map(_plain_piece, token.children or [])))
        elif token.type in ("fence", "code_block") and not _is_example(token):
            pieces.append(token.content.strip())
    # Remove the space that stood before a removed citation.
    return re.sub(r" +(?=[.,;:](\s|$))", "", "\n".join(pieces))


def _plain_piece(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return token.content if token.type in ("text", "code_inline", "text_special") else ""


def citation_link(key: str, number: int, place: str) -> SafeString:
    """Return the mark of one citation: the source's number, then the place, linked to the list of sources."""
    return format_html(
        '<a class="cite" href="#source-{}"><span class="visually-hidden">Source </span>{}{}</a>',
        key,
        number,
        f", {place}" if place else "",
    )


def render_prose(text: str, numbers: Mapping[str, int]) -> SafeString:
    """Return the HTML of a section; ``numbers`` has the number of every source by key. Each text is rendered once."""
    cited = {key for _, key in find_citations(text)}
    return _render(text, tuple(sorted((key, numbers[key]) for key in cited if key in numbers)))


@lru_cache(maxsize=512)
def _render(text: str, numbers: tuple[tuple[str, int], ...]) -> SafeString:
    html: str = _markdown.render(text, {"numbers": dict(numbers)})
    # Raw HTML is off, and markdown-it checks link schemes: all markup here is its own.
    return mark_safe(html)  # noqa: S308


def _read_citation(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    found = CITATION.match(state.src, state.pos)
    if not found:
        return False
    if not silent:
        token = state.push("citation", "", 0)
        token.content = found["cites"]
    state.pos = found.end()
    return True


def _render_citation(
    _renderer: RendererHTML, tokens: list[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    marks = [split_citation(cite) for cite in tokens[index].content.split(";")]
    links = [(citation_link(key, env["numbers"][key], place),) for key, place in marks if key in env["numbers"]]
    return format_html('<span class="cites">[{}]</span>', format_html_join("; ", "{}", links)) if links else ""


def _is_example(token: Token) -> bool:
    return token.type == "fence" and token.info.strip() == "prompt"


def _render_fence(renderer: RendererHTML, tokens: list[Token], index: int, options: OptionsDict, env: EnvType) -> str:
    token = tokens[index]
    if not _is_example(token):
        # Tables and code wider than the page scroll, so they must take the focus.
        return renderer.fence(tokens, index, options, env).replace("<pre>", '<pre tabindex="0">', 1)
    try:
        example, prompt = read_example(token.content)
    except FaultyExample as error:
        return format_html("<p><strong>This example cannot be rendered:</strong> {}</p>", str(error))
    return render_to_string("guide/_prompt.html", {"shown": ShownPrompt(prompt, open_url=example.open_url)})


def _open_table(
    _renderer: RendererHTML, _tokens: list[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return '<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table class="table">'


def _close_table(
    _renderer: RendererHTML, _tokens: list[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</table></div>"


def _open_cell(
    _renderer: RendererHTML, tokens: list[Token], index: int, _options: OptionsDict, _env: EnvType
) -> SafeString:
    # markdown-it aligns by a style attribute, which the content security policy forbids.
    token = tokens[index]
    scope = mark_safe(' scope="col"') if token.tag == "th" else ""
    number = mark_safe(' class="number"') if "right" in str(token.attrGet("style")) else ""
    return format_html("<{}{}{}>", token.tag, scope, number)


def _make_markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")
    markdown.inline.ruler.before("link", "citation", _read_citation)
    markdown.add_render_rule("citation", _render_citation)
    markdown.add_render_rule("fence", _render_fence)
    markdown.add_render_rule("table_open", _open_table)
    markdown.add_render_rule("table_close", _close_table)
    markdown.add_render_rule("th_open", _open_cell)
    markdown.add_render_rule("td_open", _open_cell)
    return markdown


_markdown = _make_markdown()
