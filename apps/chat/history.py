"""What the model is told: the last question, and as much of the conversation before it as fits."""

from collections.abc import Iterable

from django.conf import settings

from apps.chat.models import Message
from apps.generation.models import Generation

type Turn = dict[str, str]


def turns_for(messages: Iterable[Message], question: str) -> list[Turn]:
    """The conversation as chat turns, oldest first, ending with ``question``.

    Whole exchanges are left out, oldest first, once ``CHAT_HISTORY_CHARACTERS`` are used up; exchanges without a
    reply are left out always, because roles must alternate. So is a reply that broke off once its question was asked
    again: the model would go on with its own fragment, or make its mistakes once more.
    """
    budget = settings.CHAT_HISTORY_CHARACTERS - len(question)
    kept: list[Turn] = []
    asked_later = {question}
    for asked, reply in reversed(_exchanges(messages)):
        is_superseded = reply.broke_off and asked in asked_later
        asked_later.add(asked)
        if is_superseded:
            continue
        budget -= len(asked) + len(reply.text)
        if budget < 0:
            break
        kept[:0] = [{"role": "user", "content": asked}, {"role": "assistant", "content": reply.text}]
    return [*kept, {"role": "user", "content": question}]


def _exchanges(messages: Iterable[Message]) -> list[tuple[str, Generation]]:
    exchanges = []
    asked = ""
    for message in messages:
        if message.generation is None:
            asked = message.text
        elif asked and message.generation.text:
            exchanges.append((asked, message.generation))
            asked = ""
    return exchanges
