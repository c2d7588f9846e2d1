"""Full-text search over the titles, questions and replies of one person.

Words are compared as they are written, without stemming or stop words: half of the texts are code, where `for` and
`not` matter, and no one language. Each word of the query is the beginning of a word; all of them must be in one text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.chat.models import Conversation, Message, MessageQuerySet

QUERY_LENGTH = 200
MOST_WORDS = 12
MOST_FOUND = 50
BEFORE, AFTER = 60, 180  # characters of a text that are shown about what was found in it
WORD = re.compile(r"[^\W_]+")

# Those of the messages that are on the way back from where a conversation stands.
SHOWN = """
    WITH RECURSIVE thread (id, parent_id, position) AS (
        SELECT message.id, message.parent_id, message.position
        FROM chat_message AS message JOIN chat_conversation ON message.id = chat_conversation.current_id
        WHERE chat_conversation.id = ANY(%s)
        UNION ALL
        SELECT earlier.id, earlier.parent_id, earlier.position
        FROM chat_message AS earlier
        JOIN thread ON earlier.id = thread.parent_id AND earlier.position < thread.position
    )
    SELECT id FROM thread WHERE id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One title or message that has all the words. ``excerpt`` is escaped, with what was found in ``<mark>``.

    ``is_shown`` is false of a message that stands in another thread than its conversation shows.
    """

    conversation: Conversation
    message: Message | None
    title: SafeString
    excerpt: SafeString
    at: datetime
    is_shown: bool = True


class Query:
    """What somebody has typed."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\0", " ").strip()[:QUERY_LENGTH]
        self.words = list(dict.fromkeys(word.lower() for word in WORD.findall(self.text)))[:MOST_WORDS]

    @property
    def tsquery(self) -> str:
        """For ``to_tsquery``; the words have neither quotes nor backslashes in them."""
        return " & ".join(f"'{word}':*" for word in self.words)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Where in a text the words begin, the longest first."""
        longest_first = sorted(map(re.escape, self.words), key=len, reverse=True)
        return re.compile(rf"(?<![^\W_])(?:{'|'.join(longest_first)})", re.IGNORECASE)


def find(user: User, query: Query) -> list[Found]:
    """The user's own titles, then messages, the latest first; at most ``MOST_FOUND`` of each kind."""
    if not query.words:
        return []
    mine = Conversation.objects.visible_to(user)
    titled = mine.filter(_matches("searchable_words(chat_conversation.title)", query)).order_by("-updated_at")
    messages = Message.objects.filter(conversation__in=mine).select_related("conversation", "generation")
    said = [
        *_latest(messages.filter(_matches("chat_message.search", query))),
        *_latest(messages.filter(_matches("generation_generation.search", query), generation__isnull=False)),
    ]
    said = sorted(said, key=lambda message: message.created_at, reverse=True)[:MOST_FOUND]
    shown = _shown(said)
    return [
        *(_found_title(conversation, query) for conversation in titled[:MOST_FOUND]),
        *(_found_message(message, query, is_shown=message.pk in shown) for message in said),
    ]


def _matches(words: str, query: Query) -> RawSQL:
    return RawSQL(f"{words} @@ to_tsquery('simple', %s)", [query.tsquery], output_field=BooleanField())  # noqa: S611 - constants


def _latest(messages: MessageQuerySet) -> MessageQuerySet:
    return messages.order_by("-created_at")[:MOST_FOUND]


def _shown(messages: Iterable[Message]) -> set[UUID]:
    ids = [message.pk for message in messages]
    conversations = list({message.conversation_id for message in messages})
    with connection.cursor() as cursor:
        cursor.execute(SHOWN, [conversations, ids])
        return {row[0] for row in cursor.fetchall()}


def _found_title(conversation: Conversation, query: Query) -> Found:
    title = marked(conversation.title, query)
    return Found(conversation, None, title, SafeString(), conversation.updated_at)


def _found_message(message: Message, query: Query, *, is_shown: bool) -> Found:
    title = marked(message.conversation.title, query)
    excerpt = excerpt_of(message.text, query)
    return Found(message.conversation, message, title, excerpt, message.created_at, is_shown)


def excerpt_of(text: str, query: Query) -> SafeString:
    """What stands about the first place where a word was found, on one line."""
    first = query.pattern.search(text)
    start = max(0, first.start() - BEFORE) if first else 0
    end = (first.start() if first else 0) + AFTER
    piece = " ".join(text[start:end].split())
    return format_html("{}{}{}", "… " if start else "", marked(piece, query), " …" if end < len(text) else "")


def marked(text: str, query: Query) -> SafeString:
    """The text, escaped, with every word of the query in ``<mark>``."""
    pieces = []
    end = 0
    for match in query.pattern.finditer(text):
        pieces.append((text[end : match.start()], match[0]))
        end = match.end()
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[end:])
