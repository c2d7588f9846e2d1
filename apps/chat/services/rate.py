"""Rate replies."""

from apps.chat.models import Message, Rating


def rate_reply(*, reply: Message, rating: Rating | None) -> None:
    """Store the reader's rating; ``None`` removes it."""
    reply.rating = rating or ""
    Message.objects.filter(pk=reply.pk).update(rating=reply.rating)
