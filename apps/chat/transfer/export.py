"""Export a conversation: JSON with all versions, or Markdown of the current thread."""

import re
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from uuid import UUID

from django.conf import settings
from msgspec import convert

from apps.chat.context.user_turn import fenced
from apps.chat.conversation_settings.values import settings_of
from apps.chat.models import Conversation, Message, Mode, Rating, Role
from apps.chat.selectors import text_of
from apps.chat.transfer.format import (
    FORMAT,
    ConversationFile,
    End,
    FileAttachment,
    FileMessage,
    FilePassage,
    FileSettings,
    write_file,
)
from apps.generation.models import State

ENDS: dict[State, End] = {State.SUCCEEDED: "succeeded", State.FAILED: "failed"}
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})(.*)$")


def as_json(conversation: Conversation) -> bytes:
    """Return all messages as JSON. An unfinished reply counts as stopped, with its text so far."""
    messages = conversation.messages.select_related("generation__endpoint").prefetch_related("attachments")
    messages = messages.order_by("position", "version")
    numbers = _numbered(messages)
    current = numbers[conversation.current_id] if conversation.current_id else 1
    file = ConversationFile(
        format=FORMAT,
        version=1,
        title=conversation.title,
        mode=Mode(conversation.mode),
        created_at=conversation.created_at,
        current=current,
        messages=[_file_message(message, numbers) for message in sorted(messages, key=lambda item: numbers[item.pk])],
        settings=_file_settings(conversation),
    )
    return write_file(file)


def _file_settings(conversation: Conversation) -> FileSettings | None:
    """Return the settings, or ``None`` if none is set."""
    chosen = FileSettings(**settings_of(conversation))
    return chosen if chosen != FileSettings() else None


def _numbered(messages: Iterable[Message]) -> dict[UUID, int]:
    """Return numbers for messages from 1, parents first and versions in order: the same tree makes the same file."""
    numbers: dict[UUID | None, int] = {None: 0}
    for _, level in groupby(messages, key=attrgetter("position")):
        for message in sorted(level, key=lambda item: (numbers[item.parent_id], item.version)):
            numbers[message.pk] = len(numbers)
    return {pk: number for pk, number in numbers.items() if pk is not None}


def _file_message(message: Message, numbers: dict[UUID, int]) -> FileMessage:
    written = FileMessage(
        id=numbers[message.pk],
        parent=numbers[message.parent_id] if message.parent_id else None,
        role=Role(message.role),
        created_at=message.created_at,
        text=message.question,
        attachments=[FileAttachment(file.name, file.text) for file in message.attachments.all()],
    )
    if (generation := message.generation) is not None:
        written.text = text_of(message)
        written.state = ENDS.get(State(generation.state), "cancelled")
        written.finish_reason = generation.finish_reason
        written.error = generation.error
        written.endpoint = generation.endpoint.name if generation.endpoint else ""
        written.prompt_tokens = generation.prompt_tokens
        written.completion_tokens = generation.completion_tokens
        written.first_token_at = generation.first_token_at
        written.ended_at = generation.ended_at
        written.passages = convert(message.passages, list[FilePassage])
        written.rating = Rating(message.rating) if message.rating else None
        written.comment = message.comment
    return written


def as_markdown(conversation: Conversation) -> str:
    """Return the current thread as Markdown, with a heading for each turn."""
    messages = (
        conversation.thread.select_related("generation__endpoint").prefetch_related("attachments").order_by("position")
    )
    parts = [f"# {' '.join(conversation.title.split())}"]
    for message in messages:
        parts += [f"## {_speaker(message)}", _closed(text_of(message))]
        parts += map(fenced, message.attachments.all())
        if message.passages:
            parts.append(_sources(message))
    return "\n\n".join(parts) + "\n"


def _speaker(message: Message) -> str:
    return "You" if message.role == Role.USER else " and ".join(message.authors) or "Assistant"


def _sources(message: Message) -> str:
    """Return the list of cited passages."""
    numbered = enumerate(message.cited, 1)
    return "\n".join(f"[{number}] {cited.title}: <{settings.PUBLIC_URL}{cited.url}>  " for number, cited in numbered)


def _closed(text: str) -> str:
    """Close a code block that the text leaves open."""
    fence = ""
    for line in text.splitlines():
        match = FENCE.match(line)
        if match is None:
            continue
        marks, info = match.groups()
        if not fence:
            fence = "" if marks[0] == "`" and "`" in info else marks
        elif marks.startswith(fence) and not info.strip():
            fence = ""
    return f"{text.strip()}\n{fence}" if fence else text.strip()
