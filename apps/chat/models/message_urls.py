"""The addresses of a message's actions. A page shows hundreds; reversing each took a third of a question's time."""

from functools import cache
from uuid import UUID

from django.urls import reverse

CONVERSATION, MESSAGE = UUID(int=0), UUID(int=1)


class MessageUrls:
    """Addresses by the names of the chat's URLs that take a conversation and a message: ``urls["retry"]``."""

    def __init__(self, conversation_id: UUID, message_id: UUID) -> None:
        self._conversation, self._message = str(conversation_id), str(message_id)

    def __getitem__(self, name: str) -> str:
        before, between, after = _pattern(name)
        return f"{before}{self._conversation}{between}{self._message}{after}"


@cache
def _pattern(name: str) -> tuple[str, str, str]:
    """Return what stands before, between and after the two ids."""
    before, _, rest = reverse(f"chat:{name}", args=[CONVERSATION, MESSAGE]).partition(str(CONVERSATION))
    between, _, after = rest.partition(str(MESSAGE))
    return before, between, after
