"""Markdown while it is being written: finished blocks once, the open block cheaply.

A top-level block is finished when a later one has begun on a complete line; CommonMark never reopens it. Only the
open block is parsed again, and the longer it is the more it must grow first. Text that has not been rendered yet is
appended as plain text; a line of code gets its colours when it ends.
"""

from collections.abc import Sequence

from apps.chat.markdown.changes import Append, Change, Extend, Finish, Grow, Replace
from apps.chat.markdown.citations import Cited
from apps.chat.markdown.open.block import OpenProse, Progress
from apps.chat.markdown.open.fence import OpenFence

__all__ = ["Append", "Change", "Extend", "Finish", "Grow", "Replace", "ReplyRenderer"]


class ReplyRenderer:
    """Turns text, in pieces, into changes of a page.

    ``tail_id`` is the id of the element at the end of the open block that ``Append`` writes to. ``cited`` holds the
    links of numbers in brackets.
    """

    def __init__(self, tail_id: str, cited: Sequence[Cited] = ()) -> None:
        self._tail = f'<span class="message__tail" id="{tail_id}"></span>'
        self._cited = cited
        self._open: OpenProse | OpenFence = OpenProse(self._tail, cited)
        self._carriage_return = ""

    @property
    def open_length(self) -> int:
        """Return the characters of the open block, which the next text may cause to be rendered again."""
        return self._open.length

    def only_appends(self, text: str) -> bool:
        """Return whether feeding ``text`` takes no time, however long the open block is."""
        return not self._carriage_return and "\r" not in text and self._open.only_appends(text)

    def snapshot(self, text: str) -> tuple[str, str]:
        """Return the blocks of a reply without new text: the finished blocks, and the open block."""
        return self._finished_by(self._with_plain_newlines(text)), self._open.html()

    def feed(self, text: str) -> list[Change]:
        """Feed ``text`` and return the changes on the page."""
        text = self._with_plain_newlines(text)
        if not text:
            return []
        progresses = self._take(text)
        if not progresses:
            change = self._open.change(text)
            return [change] if change else []
        changes: list[Change] = [Replace(self._open.html())]
        if finished := "".join(progress.finished for progress in progresses):
            changes.insert(0, Finish(finished))
        return changes

    def finish(self) -> list[Change]:
        """Finish the open block at the end of the text; its element is no longer needed."""
        finished = self._finished_by("\n") if self._carriage_return else ""
        return [Finish(finished + self._open.finish())]

    def _finished_by(self, text: str) -> str:
        return "".join(progress.finished for progress in self._take(text))

    def _take(self, text: str) -> list[Progress]:
        progresses = []
        while (progress := self._feed(text)) is not None:
            progresses.append(progress)
            moved_on = progress.successor is not self._open
            self._open, text = progress.successor, progress.rest
            if not moved_on or not text:
                break
        return progresses

    def _feed(self, text: str) -> Progress | None:
        if isinstance(self._open, OpenProse):
            return self._open.feed(text)
        closed = self._open.feed(text)
        return closed and Progress(closed[0], OpenProse(self._tail, self._cited), rest=closed[1])

    def _with_plain_newlines(self, text: str) -> str:
        text = self._carriage_return + text
        self._carriage_return = "\r" if text.endswith("\r") else ""
        return text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
