"""Markdown while it is being written: finished blocks once, the open block cheaply.

A top-level block is finished when a later one has begun on a complete line; CommonMark never reopens it. Only the
open block is ever parsed again, and the longer it is the more it must grow before it is. What has not been rendered
yet is appended as plain text.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.chat.markdown.citations import Cited
from apps.chat.markdown.open_block import OpenFence, OpenProse, Progress


@dataclass(frozen=True, slots=True)
class Finish:
    """Finished blocks, to be put before the open one."""

    html: str


@dataclass(frozen=True, slots=True)
class Replace:
    """The open block anew, its tail element included."""

    html: str


@dataclass(frozen=True, slots=True)
class Append:
    """Escaped text for the tail element."""

    html: str


type Change = Finish | Replace | Append


class ReplyRenderer:
    """Turns text, in pieces, into changes of a page.

    ``tail_id`` is the id of the element at the end of the open block that ``Append`` writes to,
    ``cited`` what numbers in brackets lead to.
    """

    def __init__(self, tail_id: str, cited: Sequence[Cited] = ()) -> None:
        tail = f'<span class="message__tail" id="{tail_id}"></span>'
        self._open: OpenProse | OpenFence = OpenProse(tail, cited)
        self._carriage_return = ""

    @property
    def open_length(self) -> int:
        """Characters of the block that is being written, which may have to be rendered with what is fed next."""
        return self._open.length

    def snapshot(self, text: str) -> tuple[str, str]:
        """All of a reply that has not been fed anything yet: its finished blocks, and the open one."""
        return self._finished_by(self._with_plain_newlines(text)), self._open.html()

    def feed(self, text: str) -> list[Change]:
        """What ``text`` changes on the page."""
        text = self._with_plain_newlines(text)
        if not text:
            return []
        progresses = self._take(text)
        if not progresses:
            shown = self._open.shown(text)
            return [Append(shown)] if shown else []
        changes: list[Change] = [Replace(self._open.html())]
        if finished := "".join(progress.finished for progress in progresses):
            changes.insert(0, Finish(finished))
        return changes

    def finish(self) -> list[Change]:
        """The text is complete: finish the open block, whose element is not needed any longer."""
        finished = self._finished_by("\n") if self._carriage_return else ""
        return [Finish(finished + self._open.finish())]

    def _finished_by(self, text: str) -> str:
        return "".join(progress.finished for progress in self._take(text))

    def _take(self, text: str) -> list[Progress]:
        progresses = []
        while (progress := self._open.feed(text)) is not None:
            progresses.append(progress)
            moved_on = progress.successor is not self._open
            self._open, text = progress.successor, progress.rest
            if not moved_on or not text:
                break
        return progresses

    def _with_plain_newlines(self, text: str) -> str:
        text = self._carriage_return + text
        self._carriage_return = "\r" if text.endswith("\r") else ""
        return text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n")
