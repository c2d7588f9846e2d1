"""Conversations: threads of questions and replies, of one owner."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import UUID7, Now
from django.urls import reverse

from apps.chat.models.attachment import Attachment
from apps.chat.models.message import Message
from apps.chat.models.queued_message import QueuedMessage
from apps.endpoints.health.absence import Wanted
from apps.generation.models import ACTIVE

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.chat.models.message import MessageQuerySet

SETTINGS = ("endpoint_id", "endpoint_name", "system_prompt", "parameters")


class Mode(models.TextChoices):
    """The basis of replies: the model's knowledge, or the guide."""

    CHAT = "chat", "Chat"
    GUIDE = "guide", "Answers from the guide"


class TitleOrigin(models.TextChoices):
    """The origin of a title. Only the first words of the question give way to a title by a model."""

    WORDS = "words", "First words of the question"
    ASKED = "asked", "First words: a model is asked, or was asked in vain"
    MODEL = "model", "A model"
    GIVEN = "given", "A person or a file"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User | int) -> Self:
        """Select the conversations that the user may see; a number is the user's id."""
        return self.filter(owner=user, deleted_at__isnull=True)

    def deleted_by(self, user: User) -> Self:
        """Select the user's deleted conversations that can be restored."""
        return self.filter(owner=user, deleted_at__isnull=False, is_temporary=False)

    def deleted_with(self, conversation: Conversation) -> Self:
        """Select the conversations deleted together with ``conversation``, itself included."""
        return self.filter(owner=conversation.owner_id, deleted_at=conversation.deleted_at)

    def archived_with(self, conversation: Conversation) -> Self:
        """Select the conversations archived together with ``conversation``, itself included."""
        return self.filter(owner=conversation.owner_id, archived_at=conversation.archived_at)

    def archived(self) -> Self:
        return self.filter(archived_at__isnull=False, is_temporary=False)

    def listed(self) -> Self:
        """Select the conversations of the sidebar."""
        return self.filter(archived_at__isnull=True, is_temporary=False)

    def kept(self) -> Self:
        """Select the conversations that stay until they are deleted."""
        return self.filter(is_temporary=False)

    def with_draft(self) -> Self:
        """Annotate ``has_draft``: files wait for the owner's next question; and ``has_queued``: a message is queued."""
        waiting = Attachment.objects.waiting().filter(conversation=OuterRef("pk"), owner=OuterRef("owner"))
        queued = QueuedMessage.objects.filter(conversation=OuterRef("pk"))
        return self.annotate(has_draft=Exists(waiting), has_queued=Exists(queued))

    def with_activity(self) -> Self:
        """Annotate ``is_generating``: whether a reply is being written or waits; ``reply_state`` is the last one's."""
        active = Message.objects.filter(conversation=OuterRef("pk"), generation__state__in=ACTIVE)
        return self.annotate(is_generating=Exists(active), reply_state=F("current__generation__state"))


class Conversation(models.Model):
    """A thread of questions and replies, of one owner."""

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=120)
    title_origin = models.CharField(
        max_length=8, choices=TitleOrigin, default=TitleOrigin.GIVEN, db_default=TitleOrigin.GIVEN, editable=False
    )
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.CHAT, db_default=Mode.CHAT)
    current = models.ForeignKey(
        "Message",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The last message of the thread that is shown.",
    )
    switched_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When another thread was last put in place of the one shown."
    )
    switched_to = models.ForeignKey(
        "Message",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where that thread begins to differ.",
    )
    beside_changed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When the title or the queued message last changed."
    )
    endpoint = models.ForeignKey(
        "endpoints.Endpoint",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The only model server that may answer; empty for the best one at hand.",
    )
    endpoint_name = models.CharField(
        max_length=100,
        default="",
        db_default="",
        blank=True,
        help_text="Its name, which stays when the server is removed: nobody else answers in its place unasked.",
    )
    system_prompt = models.TextField(default="", db_default="", blank=True)
    parameters = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="The sampling parameters that were set: temperature, top_p, max_tokens, stop, seed.",
    )
    is_temporary = models.BooleanField(
        default=False, db_default=False, help_text="Nowhere listed, and purged a day after its last message."
    )
    folder = models.ForeignKey("Folder", null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    pinned_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True, help_text="For a while it can still be brought back.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    objects = ConversationQuerySet.as_manager()
    is_generating: bool  # set by ``with_activity()``, with the next field
    reply_state: str | None
    has_draft: bool  # set by ``with_draft()``, with the next field
    has_queued: bool

    class Meta:
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["owner", "-updated_at"], name="conversation_owner_recent"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="conversation_deleted"),
            models.Index(fields=["created_at"], condition=Q(title_origin="words"), name="conversation_untitled"),
        ]

    def __str__(self) -> str:
        return str(self.pk)  # not the title, which is text of the person: the admin writes this into its history

    def get_absolute_url(self) -> str:
        return reverse("chat:conversation", args=[self.pk])

    @property
    def server_name(self) -> str:
        """The name of the one server that may answer; empty if any server may."""
        return self.endpoint.name if self.endpoint else self.endpoint_name

    @property
    def wanted(self) -> Wanted | None:
        """The chosen server; ``None`` if any may answer."""
        return Wanted(self.server_name, self.endpoint_id) if self.endpoint_name else None

    @property
    def copied_settings(self) -> dict[str, Any]:
        """The settings that replies are requested with, as fields of another conversation."""
        return {name: deepcopy(getattr(self, name)) for name in SETTINGS}

    @property
    def thread(self) -> MessageQuerySet:
        """The messages of the thread that is shown now, even if the thread was switched after this object was read."""
        return self.messages.shown_in(self.pk)
