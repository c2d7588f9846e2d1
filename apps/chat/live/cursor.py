"""What a page has of its conversation: a text that it keeps, and gives when it asks for what has changed."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Had:
    """What a page has of one message: checksums of all of it and of its final HTML, and that HTML's length.

    ``stage`` is 0 once it is over, 1 while it waits, 2 while it is being written, from the first token on.
    """

    whole: int
    final: int
    length: int
    stage: int

    @classmethod
    def of(cls, shown: ShownMessage, final: str) -> Self:
        """``final`` is the part of the text's HTML that will not change any more."""
        whole = render_message(shown.message, shown.html, shown.waiting)
        waits = shown.waiting not in {"", GOING_ON}
        stage = (1 if waits else 2) if shown.message.state in ACTIVE else 0
        return cls(checksum(whole + _end_of(shown.message)), checksum(final), len(final), stage)

    @property
    def is_active(self) -> bool:
        return self.stage > 0

    def __str__(self) -> str:
        return BETWEEN_FIGURES.join(map(str, (self.whole, self.final, self.length, self.stage)))


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page stands: a moment, when its thread was last switched, and what it has of messages that changed then.

    It comes back from the browser: what cannot be read counts as not there.
    """

    moment: str
    switched: str = ""
    had: dict[UUID, Had] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Self:
        moments, *entries = text.split(BETWEEN_MESSAGES)
        moment, _, switched = moments.partition(BETWEEN_FIGURES)
        try:
            return cls(moment, switched, dict(_read_entry(entry) for entry in entries))
        except (ValueError, TypeError):
            return cls(moment, switched)

    @classmethod
    def of_page(cls, conversation: Conversation, parts: Iterable[ShownMessage | Gap], moment: datetime) -> Self:
        """Of a page made at the ``moment`` that shows ``parts``. What is being written it will be sent from the top."""
        messages = [part for part in parts if isinstance(part, ShownMessage)]
        had = {shown.message.pk: Had.of(shown, shown.html) for shown in messages if _ended_since(shown, moment)}
        return cls(moment.isoformat(), switched_in(conversation), had)

    @property
    def since(self) -> datetime | None:
        return moment_from(self.moment)

    def is_switched(self, switched_at: datetime | None) -> bool:
        """Whether another thread is shown than the page has, where the latest switch was ``switched_at``."""
        if self.since is None or switched_at is None:
            return False
        return switched_at >= self.since and switched_at.isoformat() != self.switched

    def __str__(self) -> str:
        entries = [f"{message_id}{BETWEEN_FIGURES}{had}" for message_id, had in self.had.items()]
        return BETWEEN_MESSAGES.join([f"{self.moment}{BETWEEN_FIGURES}{self.switched}", *entries])


def switched_in(conversation: Conversation) -> str:
    """When the thread was last switched, as of the conversation's row."""
    return conversation.switched_at.isoformat() if conversation.switched_at else ""


def checksum(html: str) -> int:
    return crc32(html.encode())


def _read_entry(entry: str) -> tuple[UUID, Had]:
    message_id, *figures = entry.split(BETWEEN_FIGURES)
    return UUID(message_id), Had(*map(int, figures))


def _end_of(message: Message) -> str:
    """A reply that was continued and failed again may look as it did before, but the page has seen it run."""
    return str(message.generation.ended_at) if message.generation else ""


def _ended_since(shown: ShownMessage, moment: datetime) -> bool:
    generation = shown.message.generation
    if generation is None:
        return shown.message.created_at >= moment
    return generation.ended_at is not None and max(generation.ended_at, shown.message.created_at) >= moment
