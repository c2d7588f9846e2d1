"""Text files that go with a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import UUID7, Now
from django.urls import reverse

if TYPE_CHECKING:
    from apps.accounts.models import User
    from apps.chat.models.conversation import Conversation

NAME_LENGTH = 100


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, user: User) -> Self:
        return self.filter(owner=user).filter(
            Q(conversation__isnull=True) | Q(conversation__deleted_at__isnull=True),
        )

    def waiting(self) -> Self:
        """Select files that have not been sent yet."""
        return self.filter(message__isnull=True)

    def in_draft(self, owner: User, conversation: Conversation | None) -> Self:
        """Select the files of the owner's draft in the conversation; ``None`` stands for a new conversation."""
        return self.waiting().filter(owner=owner, conversation=conversation, queued__isnull=True)

    def without_text(self) -> Self:
        """Load the fields of a list of files; their texts may be long."""
        return self.defer("text")


class Attachment(models.Model):
    """One text file of a question. Until the question is sent, the file belongs to its owner's draft.

    ``text`` has LF line ends; ``size`` is its length in UTF-8. The name is for people and models only: it is never a
    path.
    """

    id = models.UUIDField(primary_key=True, db_default=UUID7(), editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attachments")
    conversation = models.ForeignKey(
        "Conversation", null=True, blank=True, on_delete=models.CASCADE, related_name="attachments"
    )
    message = models.ForeignKey("Message", null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    queued = models.ForeignKey(
        "QueuedMessage",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="attachments",
        help_text="The queued message that it goes with.",
    )
    name = models.CharField(max_length=NAME_LENGTH)
    text = models.TextField()
    size = models.PositiveIntegerField(help_text="Bytes.")
    lines = models.PositiveIntegerField()
    tokens = models.PositiveIntegerField(help_text="An estimate that errs upwards, of what a model is told of it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(message__isnull=True) | Q(conversation__isnull=False),
                name="attachment_sent_is_in_conversation",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], condition=Q(message__isnull=True), name="attachment_waiting"),
        ]

    def __str__(self) -> str:
        return str(self.pk)  # not the name, which is a person's text

    def get_absolute_url(self) -> str:
        return reverse("chat:attachment", args=[self.pk])
