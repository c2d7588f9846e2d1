"""What the model is told: the last question, and as much of the conversation before it as fits."""

from collections.abc import Iterable

from django.conf import settings

from apps.chat.models import Message

type Turn = dict[str, str]


def turns_for(messages: Iterable[Message], question: str) -> list[Turn]:
    """The conversation as chat turns, oldest first, ending with ``question``.

    Whole exchanges are left out, oldest first, once ``CHAT_HISTORY_CHARACTERS`` are used up; exchanges without a
    reply are left out always, because roles must alternate.
    """
    budget = settings.CHAT_HISTORY_CHARACTERS - len(question)
    kept: list[Turn] = []
    for asked, reply in reversed(_exchanges(messages)):
        budget -= len(asked) + len(reply)
        if budget < 0:
            break
        kept[:0] = [{"role": "user", "content": asked}, {"role": "assistant", "content": reply}]
    return [*kept, {"role": "user", "content": question}]


def _exchanges(messages: Iterable[Message]) -> list[tuple[str, str]]:
    exchanges = []
    asked = ""
    for message in messages:
        if message.generation is None:
            asked = message.text
        elif asked and message.text:
            exchanges.append((asked, message.text))
            asked = ""
    return exchanges
