"""Full-text search over the titles, questions and replies of one person.

Words are compared without stemming or stop words: half of the texts are code, where `for` and `not` matter, and the
texts are in many languages. Each word of the query matches the beginning of a word; one text must match all. The SQL
function ``searchable_words`` finds the words of texts and queries; ``words.py`` finds the same words to mark them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
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
from apps.chat.search.plain_text import plain_text
from apps.chat.search.words import NAMES, WITHOUT_SPACES, fold, words_of

QUERY_LENGTH = 200
MOST_WORDS = 12
MOST_FOUND = 50
BEFORE, AFTER = 60, 180  # characters shown before and after the beginning of the first word found

# The words of a query, as the index has them.
ASKED = """
    SELECT string_agg(quote_literal(word) || ':*', ' & ')::tsquery
    FROM (SELECT unnest(tsvector_to_array(searchable_words(%s))) AS word LIMIT %s) AS words
"""

# The given messages that are in the thread shown by their conversation.
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
    """A title or message that has all words of the query. ``excerpt`` is escaped, with the words in ``<mark>``.

    ``is_shown`` is false for a message outside the current thread.
    """

    conversation: Conversation
    message: Message | None
    title: SafeString
    excerpt: SafeString
    at: datetime
    is_shown: bool = True


class Query:
    """The text typed into the search."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\0", " ").strip()[:QUERY_LENGTH]
        self.words = words_of(self.text)[:MOST_WORDS]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Return a pattern that matches the query's words at the beginning of words in a folded text."""
        longest_first = sorted(self.words, key=len, reverse=True)
        begins = "|".join(NAMES.get(word, re.escape(word)) for word in longest_first)
        return re.compile(rf"(?:(?<![^\W_])|(?<={WITHOUT_SPACES})|(?={WITHOUT_SPACES}))(?:{begins})")


def find(user: User, query: Query) -> list[Found]:
    """Return the user's titles, then messages, the latest first, at most ``MOST_FOUND`` of each."""
    if not query.words:
        return []
    mine = Conversation.objects.visible_to(user).kept()
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
    """Compare ``words`` with the query by the index's own function. Each query word matches a word's beginning."""
    return RawSQL(f"{words} @@ ({ASKED})", [query.text, MOST_WORDS], output_field=BooleanField())  # noqa: S611 - constants


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
    """Return the text around the first word that was found, on one line."""
    first = next(iter(_found_in(text, query)), None)
    start = max(0, first[0] - BEFORE) if first else 0
    end = (first[0] if first else 0) + AFTER
    piece = " ".join(plain_text(text[start:end]).split())
    return format_html("{}{}{}", "… " if start else "", marked(piece, query), " …" if end < len(text) else "")


def marked(text: str, query: Query) -> SafeString:
    """Return the text, escaped, with every word of the query in ``<mark>``."""
    pieces = []
    end = 0
    for start, after in _found_in(text, query):
        pieces.append((text[end:start], text[start:after]))
        end = after
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", pieces), text[end:])


def _found_in(text: str, query: Query) -> Iterator[tuple[int, int]]:
    """Yield the start and end of the query's words in ``text``, in order. Words that touch are one stretch."""
    if not query.words:
        return
    folded, positions = fold(text)
    start = end = 0
    for match in query.pattern.finditer(folded):
        if positions[match.start()] > end or not end:
            if end > start:
                yield start, end
            start = positions[match.start()]
        end = positions[match.end() - 1] + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
    if end > start:
        yield start, end
