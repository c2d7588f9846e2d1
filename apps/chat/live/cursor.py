"""The cursor of a page: a text that says what the page has. The page sends it back to ask for changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Self
from uuid import UUID
from zlib import crc32

from apps.chat.live.moments import moment_from
from apps.chat.models import Conversation, Message
from apps.chat.transcript.paging import Gap
from apps.chat.transcript.render import ShownMessage, render_message
from apps.chat.transcript.status import GOING_ON
from apps.generation.models import ACTIVE

BETWEEN_MESSAGES = "~"
BETWEEN_FIGURES = "_"


class Stage(IntEnum):
    """The stage of a message when the page got it."""

    OVER = 0
    WAITING = 1
    WRITING = 2  # from the first token on


@dataclass(frozen=True, slots=True)
class PageCopy:
    """A page's state of one message: the checksum of its HTML, and its stage."""

    checksum: int
    stage: Stage

    @classmethod
    def of(cls, shown: ShownMessage) -> Self:
        html = render_message(shown.message, shown.html, shown.waiting)
        return cls(crc32((html + _end_of(shown.message)).encode()), _stage_of(shown))

    @property
    def is_active(self) -> bool:
        return self.stage != Stage.OVER

    def __str__(self) -> str:
        return f"{self.checksum}{BETWEEN_FIGURES}{self.stage:d}"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The page's moment, the last switch of the thread before it, and copies of the messages that changed around it.

    The browser sends it back, so anything unreadable counts as missing.
    """

    moment: str
    switched: str = ""
    copies: dict[UUID, PageCopy] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        moments, *entries = text.split(BETWEEN_MESSAGES)
        moment, _, switched = moments.partition(BETWEEN_FIGURES)
        try:
            return cls(moment, switched, dict(_read_entry(entry) for entry in entries))
        except (ValueError, TypeError):
            return cls(moment, switched)

    @classmethod
    def of_page(cls, conversation: Conversation, items: Iterable[ShownMessage | Gap], moment: datetime) -> Self:
        """Return the cursor of a page made at ``moment``. Active replies are left out: the page gets them whole."""
        messages = [item for item in items if isinstance(item, ShownMessage)]
        copies = {shown.message.pk: PageCopy.of(shown) for shown in messages if _ended_since(shown, moment)}
        return cls(moment.isoformat(), switched_in(conversation), copies)

    @property
    def since(self) -> datetime | None:
        return moment_from(self.moment)

    def is_switched(self, switched_at: datetime | None) -> bool:
        """Return whether the page shows another thread than the conversation, last switched at ``switched_at``."""
        if self.since is None or switched_at is None:
            return False
        return switched_at >= self.since and switched_at.isoformat() != self.switched

    def __str__(self) -> str:
        entries = [f"{message_id}{BETWEEN_FIGURES}{copy}" for message_id, copy in self.copies.items()]
        return BETWEEN_MESSAGES.join([f"{self.moment}{BETWEEN_FIGURES}{self.switched}", *entries])


def switched_in(conversation: Conversation) -> str:
    """Return when the thread was last switched, or an empty string."""
    return conversation.switched_at.isoformat() if conversation.switched_at else ""


def _read_entry(entry: str) -> tuple[UUID, PageCopy]:
    message_id, checksum, stage = entry.split(BETWEEN_FIGURES)
    return UUID(message_id), PageCopy(int(checksum), Stage(int(stage)))


def _stage_of(shown: ShownMessage) -> Stage:
    if shown.message.state not in ACTIVE:
        return Stage.OVER
    return Stage.WRITING if shown.waiting in {"", GOING_ON} else Stage.WAITING


def _end_of(message: Message) -> str:
    """Return the end's time. It tells two failures of a continued reply apart, which otherwise look the same."""
    return str(message.generation.ended_at) if message.generation else ""


def _ended_since(shown: ShownMessage, moment: datetime) -> bool:
    generation = shown.message.generation
    if generation is None:
        return shown.message.created_at >= moment
    return generation.ended_at is not None and max(generation.ended_at, shown.message.created_at) >= moment
