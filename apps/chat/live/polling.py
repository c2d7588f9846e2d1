"""Polling: what a page is missing, in the frames that a viewer sends, where nothing can be kept open.

A page without a cursor, or with one that does not fit, gets the messages whole.
"""

from apps.chat.live import fragments
from apps.chat.live.cursor import Cursor, Had, checksum
from apps.chat.live.moments import moment_now
from apps.chat.live.reply import renderer_of
from apps.chat.markdown.streaming import Change, Finish, Replace
from apps.chat.models import Conversation, Message
from apps.chat.transcript.paging import latest_messages, part_to_catch_up
from apps.chat.transcript.render import ShownMessage, doing_of, html_of
from apps.chat.transcript.status import spoken
from apps.generation.models import ACTIVE
from apps.generation.selectors import written_so_far


class Piece:
    """One message as it is now."""

    def __init__(self, message: Message) -> None:
        self._message = message
        self._waiting = self._open = ""
        self.is_active = message.state in ACTIVE
        if self.is_active and message.generation is not None:
            written = written_so_far(message.generation)
            self._waiting = doing_of(message.generation, written)
            self._final, self._open = renderer_of(message).snapshot(written.text)
            self._html = fragments.with_open_block(message, self._final, self._open)
        else:
            self._final = self._html = html_of(message)
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
        if had.stage != self.had.stage:
            around += fragments.announce(spoken(self._waiting))
        return around + fragments.apply_changes(self._message.dom_id, changes)

    def _anew(self) -> str:
        said = fragments.announce(spoken(self._waiting)) if self.is_active else ""
        return fragments.upsert_message(self._message, self._html, self._waiting) + said

    def _ended(self) -> str:
        conversation = Conversation.objects.with_activity().get(pk=self._message.conversation_id)
        return fragments.update_sidebar(conversation) + fragments.announce_end(self._message)


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
