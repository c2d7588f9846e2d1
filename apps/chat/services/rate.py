"""Rate replies."""

from apps.chat.models import Message, Rating


def rate_reply(*, reply: Message, rating: Rating | None) -> None:
    """Keep what its reader says of it, in place of what was said before; ``None`` takes that back."""
    reply.rating = rating or ""
    Message.objects.filter(pk=reply.pk).update(rating=reply.rating)
