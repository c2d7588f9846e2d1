"""Messages.

Messages form a tree: an edited question, or another reply to a question, is a *version* beside the older ones. A
conversation shows one *thread*, from a first question to its ``current`` message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import UUID7, Now
from django.utils import timezone

from apps.chat.markdown.citations import Cited, cited_in
from apps.chat.models.attachment import Attachment
from apps.chat.models.message_urls import MessageUrls
from apps.generation.models import ACTIVE, Generation, State
from apps.generation.request_record import RequestRecord

if TYPE_CHECKING:
    from apps.chat.models.conversation import Conversation


class Role(models.TextChoices):
    USER = "user", "You"
    ASSISTANT = "assistant", "Assistant"


class Rating(models.TextChoices):
    """The reader's rating of a reply."""

    GOOD = "good", "Good"
    BAD = "bad", "Bad"


# From a message back towards the first question: at most so many messages, down to a position. Each step must lower the
# position, so the query ends whatever is stored. OFFSET 0 keeps Postgres from reading the whole table at every step,
# which it does if the table seems small.
THREAD = """
    WITH RECURSIVE thread (id, parent_id, position, step) AS (
        SELECT id, parent_id, position, 1 FROM chat_message WHERE id = {last}
        UNION ALL
        SELECT earlier.id, earlier.parent_id, earlier.position, thread.step + 1
        FROM thread, LATERAL (
            SELECT id, parent_id, position FROM chat_message
            WHERE chat_message.id = thread.parent_id AND chat_message.position < thread.position OFFSET 0
        ) AS earlier
        WHERE thread.step < %s AND earlier.position >= %s
    )
    SELECT id FROM thread
"""
THREAD_TO = THREAD.format(last="%s")
THREAD_SHOWN = THREAD.format(last="(SELECT current_id FROM chat_conversation WHERE id = %s)")
# SQL text: an expression of Django's takes 3 ms to compile each time that messages are read.
VERSIONS = """
    SELECT COUNT(*) FROM chat_message AS beside
    WHERE beside.conversation_id = chat_message.conversation_id AND beside.position = chat_message.position
    AND (beside.parent_id = chat_message.parent_id OR (beside.parent_id IS NULL AND beside.position = 1))
"""
ALL = 2**31 - 1
LONGEST_COMMENT = 500


class MessageQuerySet(models.QuerySet["Message"]):
    def in_thread_to(self, last: UUID | None, *, at_most: int = ALL, from_position: int = 1) -> Self:
        """Filter the thread from the first question to the message ``last``, or nothing for ``None``.

        ``at_most`` limits the result to the latest messages. Messages before ``from_position`` are not read.
        """
        return self.filter(pk__in=RawSQL(THREAD_TO, [last, at_most, from_position]))  # noqa: S611 - a constant text

    def shown_in(self, conversation_id: UUID, *, at_most: int = ALL, from_position: int = 1) -> Self:
        """Filter the thread that the conversation shows when the query runs, or its latest messages as above."""
        return self.filter(pk__in=RawSQL(THREAD_SHOWN, [conversation_id, at_most, from_position]))  # noqa: S611 - a constant text

    def with_ids(self, ids: Sequence[UUID]) -> Self:
        """Filter by ids in one parameter, for querysets that are compiled once."""
        return self.filter(pk__in=RawSQL("SELECT unnest(%s::uuid[])", [ids]))

    def with_versions(self) -> Self:
        """Annotate ``versions``: the number of versions of each message, itself included."""
        return self.annotate(versions=RawSQL(VERSIONS, [], output_field=models.IntegerField()))  # noqa: S611 - a constant text

    def in_order(self) -> Self:
        """Order the messages, and read everything that ``_message.html`` shows of each message.

        The prompts of replies are not read: they hold all earlier messages.
        """
        shown = self.select_related("generation", "generation__endpoint").defer("generation__messages")
        shown = shown.with_files().with_versions()
        return shown.annotate(previous_at=F("parent__created_at")).order_by("position")

    def with_conversation(self) -> Self:
        """Read each message's conversation too, with its activity."""
        active = Message.objects.filter(conversation=OuterRef("conversation"), generation__state__in=ACTIVE)
        return self.select_related("conversation").annotate(
            is_generating=Exists(active), reply_state=F("conversation__current__generation__state")
        )

    def with_thread_end(self) -> Self:
        """Annotate ``thread_end``: the position of the last message that the conversation shows."""
        return self.annotate(thread_end=F("conversation__current__position"))

    def with_files(self) -> Self:
        """Read the files of questions too, without their texts."""
        return self.prefetch_related(Prefetch("attachments", Attachment.objects.without_text()))

    def changed_since(self, moment: datetime) -> Self:
        """Filter messages that were made or ended since ``moment``, or are still being written."""
        return self.filter(
            Q(created_at__gte=moment) | Q(generation__ended_at__gte=moment) | Q(generation__state__in=ACTIVE)
        )


class Message(models.Model):
    """One turn. A question's text is stored here; a reply's text is stored in its generation."""

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    conversation = models.ForeignKey("Conversation", on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    position = models.PositiveIntegerField(help_text="How deep in its thread, from 1.")
    version = models.PositiveSmallIntegerField(default=1, help_text="Which one of those in the same place, from 1.")
    role = models.CharField(max_length=16, choices=Role.choices)
    question = models.TextField(default="", blank=True, help_text="The user's text; empty for the assistant.")
    generation = models.OneToOneField(
        Generation, null=True, blank=True, on_delete=models.CASCADE, related_name="message"
    )
    passages = models.JSONField(
        default=list,
        db_default=Value([], models.JSONField()),
        blank=True,
        help_text="What the guide said to answer from, in the order of the numbers: title, within, url.",
    )
    turn_starts = ArrayField(
        models.PositiveIntegerField(),
        db_column="told",
        default=list,
        db_default=Value([], ArrayField(models.PositiveIntegerField())),
        blank=True,
        help_text="Of a reply: for each question in its prompt, where the messages begin that belong to it.",
    )
    rating = models.CharField(
        max_length=4, choices=Rating, default="", db_default="", blank=True, help_text="Of a reply, by its reader."
    )
    comment = models.CharField(
        max_length=LONGEST_COMMENT, default="", db_default="", blank=True, help_text="Of its reader, beside the rating."
    )
    key = models.UUIDField(
        null=True, blank=True, editable=False, help_text="Of a question: the key of the form that sent it."
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = MessageQuerySet.as_manager()
    versions: int  # set by ``with_versions()``
    previous_at: datetime | None  # set by ``in_order()``
    thread_end: int  # set by ``with_thread_end()``
    is_generating: bool  # set by ``with_conversation()``, with the next field
    reply_state: str | None

    class Meta:
        ordering = ["position", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "parent", "version"], name="message_one_per_version", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(position=1, parent__isnull=True) | Q(position__gt=1, parent__isnull=False),
                name="message_first_has_no_parent",
            ),
            models.CheckConstraint(
                condition=Q(role="user", generation__isnull=True) | Q(role="assistant", generation__isnull=False),
                name="message_assistant_has_generation",
            ),
            models.CheckConstraint(
                condition=Q(rating="") | Q(role="assistant", rating__in=Rating.values), name="message_rated_is_reply"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.position}"

    def have_no_files(self) -> None:
        """Note that the message has no files, so that nothing queries for files."""
        none = Attachment.objects.none()
        none._result_cache = []  # noqa: SLF001 (or each look at it compiles a query)
        setattr(self, "_prefetched_objects_cache", {"attachments": none})  # noqa: B010

    @property
    def text(self) -> str:
        """The user's text, or the reply as of the last checkpoint."""
        return self.question if self.generation is None else self.generation.text

    @property
    def state(self) -> State:
        return State.SUCCEEDED if self.generation is None else State(self.generation.state)

    @property
    def cited(self) -> list[Cited]:
        """The guide's passages that the reply may cite by numbers in brackets."""
        return cited_in(self.passages)

    @property
    def active_conversation(self) -> Conversation:
        """Return the conversation as ``Conversation.objects.with_activity()`` does, from ``with_conversation()``."""
        self.conversation.is_generating, self.conversation.reply_state = self.is_generating, self.reply_state
        return self.conversation

    @property
    def authors(self) -> list[str]:
        """Return the names of the models that wrote the reply, the first one first. Empty while none is known."""
        return list(dict.fromkeys(record.model_name for record in self._writers)) or self._server

    @property
    def servers(self) -> list[str]:
        """Return the names of the model servers that wrote the reply, as they were then."""
        return list(dict.fromkeys(record.endpoint for record in self._writers)) or self._server

    @property
    def _writers(self) -> list[RequestRecord]:
        reply = self.generation
        return RequestRecord.writers(reply.sent, reply.text_length) if reply else []

    @property
    def _server(self) -> list[str]:
        reply = self.generation
        return [reply.endpoint.name] if reply and reply.endpoint else []

    @property
    def begins_day(self) -> bool:
        """Return whether the message is the first of its day in its thread."""
        if self.previous_at is None:
            return True
        return timezone.localdate(self.created_at) != timezone.localdate(self.previous_at)

    @property
    def sees_from(self) -> int | None:
        """The position of the first message in the prompt of a finished reply."""
        reply = self.generation
        if reply is None or not reply.is_over or not reply.text_length or not self.turn_starts:
            return None
        # Whole exchanges are left out, each a question and a reply.
        return self.turn_starts[min(reply.left_out // 2, len(self.turn_starts) - 1)]

    @property
    def left_out(self) -> int:
        """The number of messages that were left out of the prompt, from the thread's first on."""
        return (self.sees_from or 1) - 1

    @property
    def urls(self) -> MessageUrls:
        """The addresses of its actions."""
        return MessageUrls(self.conversation_id, self.pk)

    @property
    def dom_id(self) -> str:
        return f"message-{self.pk}"
