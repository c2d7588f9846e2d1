"""Stop replies."""

from collections.abc import Collection

from apps.chat.models import Conversation
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation


def stop_reply(*, conversation: Conversation) -> bool:
    """Cancel the conversation's unfinished reply, and keep its text. Return whether there was one."""
    return stop_replies(conversations=[conversation])


def stop_replies(*, conversations: Collection[Conversation]) -> bool:
    """Cancel the unfinished replies of the conversations. Return whether there was one."""
    active = Generation.objects.active().filter(message__conversation__in=conversations)
    stopped = [cancel_generation(generation_id=pk) for pk in active.values_list("pk", flat=True)]
    return any(stopped)
