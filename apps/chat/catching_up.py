"""Polling: what a page is missing, in the frames that a viewer sends, where nothing can be kept open.

What a page has stands in its cursor: a moment, when the thread that it shows was last switched, and for each message
that has changed about that time how much of its HTML is final. A page without one, or with one that does not fit, gets
the messages whole.
"""

from dataclasses import dataclass
from typing import Self
from uuid import UUID
from zlib import crc32

from django.utils.safestring import SafeString

from apps.chat import fragments
from apps.chat.live import SPOKEN_ENDS, WRITING, renderer_of
from apps.chat.markdown.streaming import Change, Finish, Replace
from apps.chat.models import Conversation, Message
from apps.chat.transcript import html_of, moment_from, now_as_moment, render_message, waiting_of, was_switched
from apps.generation.models import ACTIVE
from apps.generation.selectors import text_so_far

BETWEEN_MESSAGES = "~"
BETWEEN_FIGURES = "_"


@dataclass(frozen=True, slots=True)
class Had:
    """What a page has of one message: checksums of all of it and of its final HTML, and that HTML's length."""

    whole: int
    final: int
    length: int
    is_active: int

    def __str__(self) -> str:
        return BETWEEN_FIGURES.join(map(str, (self.whole, self.final, self.length, self.is_active)))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page stands. It comes back from the browser: what cannot be read counts as not there."""

    moment: str
    switched: str
    had: dict[UUID, Had]

    @classmethod
    def read(cls, text: str) -> Self:
        moments, *entries = text.split(BETWEEN_MESSAGES)
        moment, _, switched = moments.partition(BETWEEN_FIGURES)
        try:
            return cls(moment, switched, dict(_read_entry(entry) for entry in entries))
        except (ValueError, TypeError):
            return cls(moment, switched, {})

    def __str__(self) -> str:
        entries = [f"{message_id}{BETWEEN_FIGURES}{had}" for message_id, had in self.had.items()]
        return BETWEEN_MESSAGES.join([f"{self.moment}{BETWEEN_FIGURES}{self.switched}", *entries])


def _read_entry(entry: str) -> tuple[UUID, Had]:
    message_id, *figures = entry.split(BETWEEN_FIGURES)
    return UUID(message_id), Had(*map(int, figures))


class Piece:
    """One message as it is now."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._waiting = waiting_of(message)
        self._final, self._open = _halves(message)
        self.is_active = message.state in ACTIVE
        if self.is_active:
            self._html = fragments.with_open_block(message, self._final, self._open)
        else:
            self._html = SafeString(self._final)
        whole = render_message(message, self._html, self._waiting)
        self.had = Had(_checksum(whole), _checksum(self._final), len(self._final), int(self.is_active))

    def beyond(self, had: Had | None) -> str:
        """The frames that a page needs that has ``had``."""
        if had == self.had:
            return ""
        if had is None or not had.is_active:
            return self._anew()
        if not self.is_active:
            return self._anew() + self._ended()
        if _checksum(self._final[: had.length]) != had.final:
            return self._anew()
        changes: list[Change] = [Replace(self._open)]
        if len(self._final) > had.length:
            changes.insert(0, Finish(self._final[had.length :]))
        around = fragments.update_around_text(self._message, self._waiting)
        return around + fragments.apply_changes(self._message.dom_id, changes)

    def _anew(self) -> str:
        spoken = fragments.announce(self._waiting or WRITING) if self.is_active else ""
        return fragments.upsert_message(self._message, self._html, self._waiting) + spoken

    def _ended(self) -> str:
        conversation = Conversation.objects.with_activity().get(pk=self._message.conversation_id)
        return fragments.update_sidebar(conversation) + fragments.announce(SPOKEN_ENDS.get(self._message.state, ""))


def _halves(message: Message) -> tuple[str, str]:
    """The HTML that will not change any more, and that which will."""
    if message.generation is None or message.generation.is_over:
        return str(html_of(message)), ""
    return renderer_of(message).snapshot(text_so_far(message.generation))


def _checksum(html: str) -> int:
    return crc32(html.encode())


def catch_up(conversation: Conversation, cursor: str) -> tuple[str, str]:
    """The frames that a page with this cursor is missing, and its next cursor."""
    before = Cursor.read(cursor)
    since = moment_from(before.moment)
    switched_at = Conversation.objects.values_list("switched_at", flat=True).get(pk=conversation.pk)
    switched = switched_at.isoformat() if switched_at else ""
    after = Cursor(now_as_moment(), switched, {})
    html = ""
    if since and switched != before.switched and was_switched(conversation, since):
        # Without its cursor the page gets all that follows whole.
        html, since, before = fragments.replace_transcript([]), None, after
    messages = conversation.thread.in_order()
    for message in messages.changed_since(since) if since else messages:
        piece = Piece(message)
        html += piece.beyond(before.had.get(message.pk))
        after.had[message.pk] = piece.had
    return html, str(after)
