"""Stop the reply that is being written."""

from collections.abc import Collection

from apps.chat.models import Conversation
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation


def stop_reply(*, conversation: Conversation) -> bool:
    """Cancel what runs or waits in the conversation; its text stays. False where nothing did."""
    return stop_replies(conversations=[conversation])


def stop_replies(*, conversations: Collection[Conversation]) -> bool:
    """The same in each of them."""
    active = Generation.objects.active().filter(message__conversation__in=conversations)
    stopped = [cancel_generation(generation_id=pk) for pk in active.values_list("pk", flat=True)]
    return any(stopped)
