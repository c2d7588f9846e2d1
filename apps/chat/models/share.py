"""Links by which others read a copy of a conversation."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Value
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime

from apps.chat.models.conversation import Conversation

if TYPE_CHECKING:
    from apps.accounts.models import User

TOKEN_BYTES = 16


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


class ShareQuerySet(models.QuerySet["Share"]):
    def visible_to(self, user: User) -> Self:
        """Select the user's own links, which they can revoke."""
        return self.filter(conversation__in=Conversation.objects.visible_to(user))

    def open(self) -> Self:
        """Select the readable links: the conversation exists, and its owner may sign in."""
        return self.filter(conversation__deleted_at__isnull=True, conversation__owner__is_active=True)

    def without_texts(self) -> Self:
        return self.defer("turns", "files")


class Share(models.Model):
    """A copy of the thread that was shown at the time. Revoking deletes the copy.

    ``turns`` are ``{"role": "user" | "assistant", "text": str, "at": ISO 8601}``; a question with files has ``"files":
    [{"number", "name", "size", "lines"}]`` too, whose texts are in ``files[number]``, ``{"name", "text"}``; a reply
    from the guide has ``"passages"``, as its message has; a blank or incomplete reply has its ``"state"``. The copy
    holds nothing else of the conversation, so nothing else can be read through it.
    """

    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="shares")
    title = models.CharField(max_length=120)
    turns = models.JSONField()
    files = models.JSONField(default=list, db_default=Value([], models.JSONField()), blank=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.conversation_id}, {date_format(localtime(self.created_at))}"

    def get_absolute_url(self) -> str:
        return reverse("chat:shared", args=[self.token])
