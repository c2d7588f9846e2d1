"""Conversations and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import UUID7, Now
from django.urls import reverse

from apps.generation.models import ACTIVE, Generation, State

if TYPE_CHECKING:
    from apps.accounts.models import User


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user)

    def with_activity(self) -> Self:
        """Annotate ``is_generating``: whether a reply is being written or waits to be."""
        active = Message.objects.filter(conversation=OuterRef("pk"), generation__state__in=ACTIVE)
        return self.annotate(is_generating=Exists(active))


class Conversation(models.Model):
    """A thread of questions and replies, of one owner."""

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(max_length=120)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now())

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ["-updated_at"]
        indexes = [models.Index(fields=["owner", "-updated_at"], name="conversation_owner_recent")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("chat:conversation", args=[self.pk])


class Role(models.TextChoices):
    USER = "user", "You"
    ASSISTANT = "assistant", "Assistant"


class MessageQuerySet(models.QuerySet["Message"]):
    def in_order(self) -> Self:
        return self.select_related("generation", "generation__endpoint").order_by("position")

    def changed_since(self, moment: datetime) -> Self:
        """Messages made since ``moment``, or whose reply ended since then, and those still being written."""
        return self.filter(
            Q(created_at__gte=moment) | Q(generation__ended_at__gte=moment) | Q(generation__state__in=ACTIVE)
        )


class Message(models.Model):
    """One turn. A user's text stands here; an assistant's text is its generation's."""

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    role = models.CharField(max_length=16, choices=Role.choices)
    question = models.TextField(default="", blank=True, help_text="The user's text; empty for the assistant.")
    generation = models.OneToOneField(
        Generation, null=True, blank=True, on_delete=models.CASCADE, related_name="message"
    )
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "position"], name="message_one_per_position"),
            models.CheckConstraint(
                condition=Q(role="user", generation__isnull=True) | Q(role="assistant", generation__isnull=False),
                name="message_assistant_has_generation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.position}"

    @property
    def text(self) -> str:
        """The user's text, or the reply as of the last checkpoint."""
        return self.question if self.generation is None else self.generation.text

    @property
    def state(self) -> State:
        return State.SUCCEEDED if self.generation is None else State(self.generation.state)

    @property
    def dom_id(self) -> str:
        return f"message-{self.pk}"
