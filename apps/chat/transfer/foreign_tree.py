"""Make a conversation file from another program's tree of messages, whose roles need not alternate."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.chat.errors import NotImportable
from apps.chat.models import Mode, Rating, Role
from apps.chat.titles import UNTITLED, one_line
from apps.chat.transfer.format import (
    EARLIEST,
    FORMAT,
    LATEST,
    LONGEST_REPLY,
    MOST_MESSAGES,
    ConversationFile,
    FileMessage,
    check_file,
)

LONGEST_TITLE = 120


@dataclass(slots=True)
class ForeignMessage:
    """A message of another program. A message without role or text is left out; the messages after it stay."""

    parent: str | None
    role: Role | None
    text: str
    at: float | None = None  # seconds since 1970
    rating: Rating | None = None


def conversation_of(
    title: str, messages: Mapping[str, ForeignMessage], current: str | None, began_at: float | None
) -> ConversationFile | None:
    """Return the conversation, or ``None`` if nothing is asked in it. Raises ``NotImportable``.

    Messages of one role that follow each other become one. Replies before the first question are left out.
    """
    title = one_line(title.replace("\0", ""))[:LONGEST_TITLE].rstrip() or UNTITLED
    began = _moment(began_at) or datetime.now(UTC)
    tree = _Tree(began)
    for key in _from_the_first(title, messages):
        tree.add(key, messages[key])
    if not tree.kept:
        return None
    file = ConversationFile(
        format=FORMAT,
        version=1,
        title=title,
        mode=Mode.CHAT,
        created_at=began,
        current=(tree.place_of(current) or tree.kept[-1]).id,
        messages=tree.messages,
    )
    _check(file)
    return file


def _check(file: ConversationFile) -> None:
    problem = ""
    if len(file.messages) > MOST_MESSAGES:
        problem = f"It has more than {MOST_MESSAGES:,} messages."
    elif any(len(message.text) > LONGEST_REPLY for message in file.messages):
        problem = f"A message in it has more than {LONGEST_REPLY:,} characters."
    else:
        try:
            check_file(file)
        except NotImportable as error:
            problem = error.sentence
    if problem:
        raise NotImportable(f"“{file.title}”: {problem}")


class _Tree:
    """The messages that are kept, in which questions and replies take turns."""

    def __init__(self, began: datetime) -> None:
        self.kept: list[FileMessage] = []
        self._began = began
        self._pieces: list[list[str]] = []  # the pieces of each message's text, joined once
        self._places: dict[str, FileMessage | None] = {}  # the kept message below which the answers to a message go

    @property
    def messages(self) -> list[FileMessage]:
        for message, pieces in zip(self.kept, self._pieces, strict=True):
            message.text = "\n\n".join(pieces)
        return self.kept

    def place_of(self, key: str | None) -> FileMessage | None:
        return self._places.get(key or "")

    def add(self, key: str, message: ForeignMessage) -> None:
        """Add a message below the one above it."""
        above = self.place_of(message.parent)
        text = message.text.replace("\0", "").strip("\n")
        if message.role is None or not text.strip():
            self._places[key] = above
        elif above is None and message.role != Role.USER:
            self._places[key] = None
        elif above is not None and above.role == message.role:
            self._pieces[above.id - 1].append(text)
            self._places[key] = above
        else:
            self._places[key] = self._keep(message, message.role, above, text)

    def _keep(self, message: ForeignMessage, role: Role, above: FileMessage | None, text: str) -> FileMessage:
        kept = FileMessage(
            id=len(self.kept) + 1,
            parent=above.id if above else None,
            role=role,
            created_at=_moment(message.at) or (above.created_at if above else self._began),
            text="",
            rating=message.rating if role == Role.ASSISTANT else None,
        )
        self.kept.append(kept)
        self._pieces.append([text])
        return kept


def _from_the_first(title: str, messages: Mapping[str, ForeignMessage]) -> Iterator[str]:
    """Yield the messages, each after the one above it. Raises ``NotImportable`` for messages in a circle."""
    below: dict[str | None, list[str]] = {}
    for key, message in messages.items():
        below.setdefault(message.parent if message.parent in messages else None, []).append(key)
    waiting = below.get(None, [])[::-1]
    number = 0
    while waiting:
        key = waiting.pop()
        number += 1
        yield key
        waiting.extend(below.get(key, [])[::-1])
    if number < len(messages):
        raise NotImportable(f"“{title}” cannot be imported: its messages follow each other in a circle.")


def _moment(seconds: float | None) -> datetime | None:
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return moment if EARLIEST <= moment <= datetime.now(UTC) + LATEST else None
