"""Polling: the frames that a page is missing, for pages that cannot keep a connection open.

A message that changed is sent whole.
"""

from apps.chat.live import fragments
from apps.chat.live.cursor import Cursor, PageCopy
from apps.chat.live.last_changes import LastChanges
from apps.chat.live.moments import moment_now
from apps.chat.models import Conversation, Message
from apps.chat.transcript.paging import changes_to_catch_up, latest_messages, latest_page, page_where_switched
from apps.chat.transcript.render import ShownMessage, show_message
from apps.chat.transcript.status import spoken


def catch_up(conversation: Conversation, cursor: str) -> tuple[str, str]:
    """Return the frames that a page with this cursor is missing, and its next cursor."""
    before = Cursor.read(cursor)
    since = before.since
    now = moment_now()
    last = LastChanges.of(conversation)
    switched_at = last.switched_at
    after = Cursor(now.isoformat(), switched_at.isoformat() if switched_at else "")
    html = ""
    is_switched = before.is_switched(switched_at)
    changed = None if is_switched else changes_to_catch_up(conversation, since)
    if changed is None:
        items = page_where_switched(conversation) if is_switched else latest_page(conversation)
        html, before = fragments.replace_transcript(items), after
        changed = list(latest_messages(conversation).changed_since(now))
    for message in changed:
        shown = show_message(message)
        copy = after.copies[message.pk] = PageCopy.of(shown)
        html += _frames(shown, before.copies.get(message.pk), copy)
    return html + last.frames_beside(conversation, since), str(after)


def _frames(shown: ShownMessage, before: PageCopy | None, now: PageCopy) -> str:
    """Return the message and what screen readers announce with it, if the page has something else."""
    if now == before:
        return ""
    frames = fragments.upsert_message(shown.message, shown.html, shown.waiting)
    if now.is_active:
        is_news = before is None or before.stage != now.stage
        return frames + (fragments.announce(spoken(shown.waiting)) if is_news else "")
    was_active = before is not None and before.is_active
    return frames + (_end(shown.message) if was_active else "")


def _end(message: Message) -> str:
    conversation = Conversation.objects.with_activity().get(pk=message.conversation_id)
    return fragments.update_sidebar(conversation) + fragments.announce_end(message)
