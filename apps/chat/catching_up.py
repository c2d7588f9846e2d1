"""Polling: what a page is missing, in the frames that a viewer sends, where nothing can be kept open.

A page without a cursor, or with one that does not fit, gets the messages whole.
"""

from django.utils.safestring import SafeString

from apps.chat import fragments
from apps.chat.cursor import Cursor, Had, checksum
from apps.chat.live import SPOKEN_ENDS, WRITING, renderer_of
from apps.chat.markdown.streaming import Change, Finish, Replace
from apps.chat.models import Conversation, Message
from apps.chat.transcript import ShownMessage, html_of, moment_now, waiting_of
from apps.chat.window import latest_messages, part_to_catch_up
from apps.generation.models import ACTIVE
from apps.generation.selectors import text_so_far


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
        self.had = Had.of(ShownMessage(message, self._html, self._waiting), self._final)

    def beyond(self, had: Had | None) -> str:
        """The frames that a page needs that has ``had``."""
        if had == self.had:
            return ""
        if had is None or not had.is_active:
            return self._anew()
        if not self.is_active:
            return self._anew() + self._ended()
        if checksum(self._final[: had.length]) != had.final:
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


def catch_up(conversation: Conversation, cursor: str) -> tuple[str, str]:
    """The frames that a page with this cursor is missing, and its next cursor."""
    before = Cursor.read(cursor)
    since = before.since
    switched_at = Conversation.objects.values_list("switched_at", flat=True).get(pk=conversation.pk)
    now = moment_now()
    after = Cursor(now.isoformat(), switched_at.isoformat() if switched_at else "")
    html = ""
    parts = part_to_catch_up(conversation, since, is_switched=before.is_switched(switched_at))
    if since is None or parts is not None:
        # Without its cursor the page gets what is changing now whole, in place of what this shows of it.
        html, before, since = fragments.replace_transcript(parts or []), after, now
    for message in latest_messages(conversation).changed_since(since):
        piece = Piece(message)
        html += piece.beyond(before.had.get(message.pk))
        after.had[message.pk] = piece.had
    return html, str(after)
