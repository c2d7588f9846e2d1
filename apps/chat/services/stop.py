"""Stop the reply that is being written."""

from apps.chat.models import Conversation
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation


def stop_reply(*, conversation: Conversation) -> bool:
    """Cancel what runs or waits in the conversation; its text stays. False where nothing did."""
    active = Generation.objects.active().filter(message__conversation=conversation)
    stopped = [cancel_generation(generation_id=pk) for pk in active.values_list("pk", flat=True)]
    return any(stopped)
