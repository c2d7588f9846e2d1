"""Rate replies."""

from apps.chat.models import Message, Rating


def rate_reply(*, reply: Message, rating: Rating | None, comment: str | None = None) -> None:
    """Store the reader's rating, and the comment if given. Without a rating (``None``), the comment is removed."""
    reply.rating = rating or ""
    if rating is None:
        reply.comment = ""
    elif comment is not None:
        reply.comment = comment
    Message.objects.filter(pk=reply.pk).update(rating=reply.rating, comment=reply.comment)
