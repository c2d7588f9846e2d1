"""Tables as models mean them: a pipe within code ends no cell, no cell is lost, and ``<br>`` is a line break.

By GFM a pipe within code must be escaped, and cells beyond those of the head are dropped.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline

HIDDEN = "\0"  # stands for a pipe that ends no cell; the parser leaves none in a text
DELIMITER_ROW = re.compile(r"[|:\- \t>]*\|[|:\- \t]*")
ENDS_CELL = re.compile(r"(?<!\\)\|")
BACKTICKS = re.compile(r"\\`|`+")
BREAK = re.compile(r"<br[ \t]*/?>[ \t]*", re.IGNORECASE)
ENDS_WORD = re.compile(r"[\w.,:;!?)\]}*`~>\"'…。，：；！？」）]")


def mend_tables(markdown: MarkdownIt) -> None:
    markdown.core.ruler.after("normalize", "hide_pipes", _hide_pipes)
    markdown.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    markdown.inline.ruler.before("autolink", "line_break", _line_break)


def _hide_pipes(state: StateCore) -> None:
    """Replace pipes that end no cell by other characters. Do this once per text, for all its tables."""
    written = state.src.split("\n") if "|" in state.src and "-" in state.src else []
    lines = written.copy()
    columns = 0
    for number, line in enumerate(written):
        if number and DELIMITER_ROW.fullmatch(line) and "-" in line:
            columns = line.strip(" \t>").strip("|").count("|") + 1
            lines[number - 1] = _without_pipes_in_code(written[number - 1])
        elif columns and "|" in line:
            lines[number] = _without_spare_pipes(_without_pipes_in_code(line), columns)
        elif not line.strip(" \t>"):
            columns = 0
    state.env["pipes_hidden"] = "\n".join(lines) or state.src


def _without_pipes_in_code(line: str) -> str:
    pieces: list[str] = []
    place = 0
    for start, end in _code_spans(line) if "`" in line else ():
        code = line[start:end]
        is_text = code[:1].isspace() and code[-1:].isspace()  # as in "| the ` key | the ~ key, the ` key |"
        pieces += [line[place:start], code if is_text else ENDS_CELL.sub(HIDDEN, code)]
        place = end
    return "".join(pieces) + line[place:]


def _code_spans(line: str) -> Iterator[tuple[int, int]]:
    """Return the spans of code between equal runs of backticks."""
    runs = [found for found in BACKTICKS.finditer(line) if found[0] != "\\`"]
    closing: defaultdict[int, deque[re.Match[str]]] = defaultdict(deque)
    for run in runs:
        closing[len(run[0])].append(run)
    place = 0
    for run in runs:
        same = closing[len(run[0])]
        while same and same[0].start() <= run.start():
            same.popleft()
        if run.start() >= place and same:
            place = same[0].end()
            yield run.end(), same[0].start()


def _without_spare_pipes(line: str, columns: int) -> str:
    """Keep text beyond the last column in that column."""
    begin, end = len(line) - len(line.lstrip(" \t>")), len(line.rstrip())
    inner = [found.start() for found in ENDS_CELL.finditer(line, begin + 1, end - 1)]
    characters = list(line)
    for spare in inner[columns - 1 :]:
        characters[spare] = HIDDEN
    return "".join(characters)


def _table(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:  # noqa: FBT001 - as the parser calls it
    written, first_token = state.src, len(state.tokens)
    state.src = state.env["pipes_hidden"]
    try:
        return table(state, start_line, end_line, silent)
    finally:
        state.src = written
        for token in state.tokens[first_token:]:
            token.content = token.content.replace(HIDDEN, "|")


def _line_break(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - as the parser calls it
    """Break the line at ``<br>``: anywhere in a cell, elsewhere only after a word, where it is not a topic."""
    found = BREAK.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if not found or not (state.env.get("in_cell") or ENDS_WORD.match(state.src[state.pos - 1 : state.pos])):
        return False
    if not silent:
        state.push("hardbreak", "br", 0)
    state.pos = found.end()
    return True
