"""Fork a conversation: copy its thread up to a message."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.chat.errors import ConversationGone, ReplyInProgress
from apps.chat.models import Conversation, Message
from apps.chat.selectors import text_of
from apps.chat.services.messages.attach import copy_files
from apps.chat.services.organize import TITLE_LENGTH
from apps.generation.models import ACTIVE, Generation
from apps.generation.services.copy import copy_generations

FORK = re.compile(r"(?P<title>.*) \(fork(?: (?P<number>\d{1,4}))?\)", re.DOTALL)

REPLACED = {
    "conversation_id": "%(conversation)s",
    "parent_id": "earlier.new",
    "version": "1",
    "generation_id": "generations.new",
    "rating": "''",  # one reply is rated once
    "comment": "''",
    "key": "NULL",  # one form sent one question
}
COLUMNS = [column for field in Message._meta.concrete_fields if (column := field.column) and column != "id"]
# In one statement, whatever the length: the texts of hundreds of turns stay in the database.
COPY = f"""
    WITH given AS MATERIALIZED (
        SELECT id AS old, uuidv7(created_at - clock_timestamp()) AS new FROM chat_message WHERE id = ANY(%(messages)s)
    ), copied AS (
        INSERT INTO chat_message (id, {", ".join(COLUMNS)})
        SELECT given.new, {", ".join(REPLACED.get(column, f"message.{column}") for column in COLUMNS)}
        FROM given
        JOIN chat_message AS message ON message.id = given.old
        LEFT JOIN given AS earlier ON earlier.old = message.parent_id
        LEFT JOIN unnest(%(originals)s::uuid[], %(copies)s::uuid[]) AS generations (old, new)
            ON generations.old = message.generation_id
    )
    SELECT old, new FROM given
"""  # noqa: S608 - made of constants


def fork_conversation(*, message: Message) -> Conversation:
    """Begin a conversation with a copy of the thread up to ``message``, with its files, figures, sources and settings.

    The copy has no tie to the old one, and no ratings. Raises ``ReplyInProgress`` where the message is still
    being written, and ``ConversationGone``.
    """
    with transaction.atomic():
        # The lock keeps replies of the source from being continued during the copy.
        source = Conversation.objects.select_for_update().get(pk=message.conversation_id)
        if source.deleted_at is not None:
            raise ConversationGone
        thread = source.messages.in_thread_to(message.pk)
        if thread.filter(generation__state__in=ACTIVE).exists():
            raise ReplyInProgress
        fork = Conversation.objects.create(
            owner=source.owner,
            title=title_of_fork(source.title),
            mode=source.mode,
            folder_id=source.folder_id,
            **source.copied_settings,
        )
        generations = copy_generations(
            generation_ids=list(thread.filter(generation__isnull=False).values_list("generation", flat=True))
        )
        _keep_what_was_shown(message, generations)
        messages = _copy_messages(list(thread.values_list("pk", flat=True)), fork, generations)
        copy_files(pairs=list(messages.items()))
        fork.current_id = messages[message.pk]
        fork.save(update_fields=["current"])
    return fork


def title_of_fork(title: str) -> str:
    """Return a title such as ``Sorting (fork)``, and for its fork ``Sorting (fork 2)``."""
    number = ""
    if earlier := FORK.fullmatch(title):
        title, number = earlier["title"], f" {int(earlier['number'] or 1) + 1}"
    suffix = f" (fork{number})"
    return title[: TITLE_LENGTH - len(suffix)].rstrip() + suffix


def _copy_messages(messages: list[UUID], fork: Conversation, generations: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
    """Copy the messages, and return the copies' ids by the originals'."""
    given: dict[str, Any] = {
        "messages": messages,
        "conversation": fork.pk,
        "originals": list(generations.keys()),
        "copies": list(generations.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(COPY, given)
        return dict(cursor.fetchall())


def _keep_what_was_shown(last: Message, generations: Mapping[UUID, UUID]) -> None:
    """Store the text that was shown: a reply stopped a moment ago may be stored with less text."""
    if last.generation is None:
        return
    text = text_of(last)
    if len(text) > len(last.generation.text):
        copy = Generation.objects.filter(pk=generations[last.generation.pk])
        copy.update(text=text, text_length=len(text))
