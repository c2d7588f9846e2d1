"""Colour code while it is being written: each line once, from the lexer's state at the end of the line before."""

import re
import time
from collections.abc import Iterator
from html import escape
from io import StringIO

from pygments.lexer import ExtendedRegexLexer, Lexer, LexerContext, RegexLexer
from pygments.token import Error, Whitespace, _TokenType

from apps.chat.markdown.code import GRACE, LONGEST_HIGHLIGHTED, PATIENCE, LexedToken, formatter, lexer_of
from apps.chat.markdown.unseen import mark_in_code

LONGEST_LINE = 1_000  # characters
MOST_STEPS = 20  # lexer steps per character: rules that match nothing could go on for ever
COMPILED_RULES = "_tokens"  # an attribute of the lexer's class, or of the lexer itself if it has variants
LINE = re.compile(r"[^\n]*\n|[^\n]+")
# Spans that most lexers recognise only once their end is there.
SPANS = [("/*", "*/"), ("<!--", "-->"), ('"""', '"""'), ("'''", "'''"), ("`", "`")]


class Colouring:
    """The colours of one open block. The finished block is coloured as a whole, and may then look different."""

    def __init__(self, language: str) -> None:
        self._lexer = lexer_of(language.lower()) if language else None
        self._stack = ["root"]
        self._context = LexerContext("", 0)
        self._span: tuple[str, _TokenType] | None = None  # the end of the open comment or string, and its kind
        self._covered = 0
        self._seconds = 0.0

    def lines(self, text: str) -> str:
        """Return the HTML of whole lines."""
        self._covered += len(text)
        if not self._lexer or self._covered > LONGEST_HIGHLIGHTED or self._is_too_slow():
            return mark_in_code(escape(text, quote=False))
        started = time.thread_time()
        coloured = StringIO()
        tokens = [token for line in LINE.findall(text) for token in self._line(self._lexer, line)]
        formatter.format(iter(tokens), coloured)
        self._seconds += time.thread_time() - started
        return mark_in_code(coloured.getvalue())

    def _is_too_slow(self) -> bool:
        return self._seconds > GRACE + self._covered * PATIENCE

    def _line(self, lexer: Lexer, line: str) -> Iterator[LexedToken]:
        if self._span:
            closing, kind = self._span
            end = line.find(closing)
            if end < 0:
                yield kind, line
                return
            yield kind, line[: end + len(closing)]
            line = line[end + len(closing) :]
            self._span = None
        if len(line) > LONGEST_LINE:
            yield Whitespace, line
            return
        yield from self._open_span(lexer, line) or self._lex(lexer, line, self._stack)

    def _open_span(self, lexer: Lexer, line: str) -> list[LexedToken]:
        """Return the tokens of a line that begins a comment or string and does not end it; otherwise none."""
        for opening, closing in SPANS:
            begun = line.rfind(opening)
            if begun < 0 or line.find(closing, begun + len(opening)) >= 0 or not isinstance(lexer, RegexLexer):
                continue
            stack = self._stack.copy()
            tokens = list(self._lex(lexer, line + closing, stack))
            kind, last = tokens[-1]
            if len(last) > len(closing) and last.endswith(closing) and kind is not Error:
                self._span, self._stack = (closing, kind), stack
                return [*tokens[:-1], (kind, last.removesuffix(closing))]
        return []

    def _lex(self, lexer: Lexer, text: str, stack: list[str]) -> Iterator[LexedToken]:
        if not isinstance(lexer, RegexLexer):
            found = lexer.get_tokens_unprocessed(text)
        elif not isinstance(lexer, ExtendedRegexLexer):
            return _lex_from(lexer, text, stack)
        elif type(lexer).get_tokens_unprocessed is ExtendedRegexLexer.get_tokens_unprocessed:
            self._context.text, self._context.pos, self._context.end = text, 0, len(text)
            found = lexer.get_tokens_unprocessed(context=self._context)
        else:
            found = lexer.get_tokens_unprocessed(text)
        return ((kind, value) for _, kind, value in found)


def _lex_from(lexer: RegexLexer, text: str, stack: list[str]) -> Iterator[LexedToken]:
    """Yield tokens as ``RegexLexer`` does, and leave in ``stack`` the state at the end, which it does not report."""
    states = getattr(lexer, COMPILED_RULES)
    position = steps = 0
    while position < len(text) and (steps := steps + 1) < MOST_STEPS * (len(text) + 1):
        for match_at, action, new_state in states[stack[-1]]:
            if not (match := match_at(text, position)):
                continue
            if isinstance(action, _TokenType):
                yield action, match[0]
            elif action is not None:
                yield from ((kind, value) for _, kind, value in action(lexer, match))
            position = match.end()
            _change_state(stack, new_state)
            break
        else:
            yield (Whitespace if text[position] == "\n" else Error), text[position]
            if text[position] == "\n":
                stack[:] = ["root"]
            position += 1
    if position < len(text):
        yield Error, text[position:]


def _change_state(stack: list[str], new_state: int | str | tuple[str, ...] | None) -> None:
    if isinstance(new_state, int):
        del stack[max(1, len(stack) + new_state) :]
        return
    for state in (new_state,) if isinstance(new_state, str) else new_state or ():
        if state == "#pop":
            del stack[max(1, len(stack) - 1) :]
        else:
            stack.append(stack[-1] if state == "#push" else state)
