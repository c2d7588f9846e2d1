"""The next message of a conversation, while a reply is being written."""

from django.db import models
from django.db.models.functions import Now


class QueuedMessage(models.Model):
    """A message that is sent when the conversation's reply is complete. Its files refer to it."""

    conversation = models.OneToOneField(
        "Conversation", primary_key=True, on_delete=models.CASCADE, related_name="queued"
    )
    text = models.TextField()
    key = models.UUIDField(help_text="The key of the form that queued it.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return str(self.pk)  # not the text, which is the person's: the admin writes this into its history
