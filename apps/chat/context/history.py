"""What the model is told: the question, and as much of the conversation before it as is kept with a request."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce, Length

from apps.chat.context.user_turn import user_turn
from apps.chat.conversation_settings.servers import ChatServers, chat_servers
from apps.chat.models import Conversation, Message, MessageQuerySet, Role

# More than any text has but white space: code has about 3, English 4.
CHARACTERS_A_TOKEN = 6

type Turn = dict[str, str]


@dataclass(frozen=True, slots=True)
class History:
    """The conversation as chat turns, oldest first, ending with the question.

    ``told`` are the positions of the questions among them, its own the last.
    """

    turns: list[Turn]
    told: list[int]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and its reply, by their ids, and how many characters a model is told of both, or a few more.

    ``position`` is the question's.
    """

    question: UUID
    reply: UUID
    position: int
    characters: int
    has_files: bool = False


def history_for(question: Message, *, has_files: bool = True) -> History:
    """Whole exchanges are left out, oldest first, once the budget is used up.

    That is what the widest window of any server that may answer could hold, and ``CHAT_HISTORY_CHARACTERS`` at most:
    all of it is stored with each request. What fits the server that answers is worked out there. Exchanges without a
    reply are left out always, because roles must alternate. Only what is told is read.
    """
    last = user_turn(question.question, question.attachments.all() if has_files else ())
    earlier = question.conversation.messages.in_thread_to(question.parent_id)
    told_first = len(question.conversation.system_prompt)
    budget = characters_for(question.conversation, chat_servers())
    exchanges = kept(exchanges_of(earlier), budget - told_first - len(last))
    ids = [pk for exchange in exchanges for pk in (exchange.question, exchange.reply)]
    messages = Message.objects.filter(pk__in=ids).select_related("generation").order_by("position")
    have_files = {exchange.question for exchange in exchanges if exchange.has_files}
    if have_files:
        messages = messages.prefetch_related("attachments")
    turns, told = [], []
    for message in messages.only("position", "question", "generation__text"):
        if message.generation is None:
            told.append(message.position)
            files = message.attachments.all() if message.pk in have_files else ()
            turns.append({"role": "user", "content": user_turn(message.question, files)})
        else:
            turns.append({"role": "assistant", "content": message.generation.text})
    return History([*turns, {"role": "user", "content": last}], [*told, question.position])


def characters_for(conversation: Conversation | None, servers: ChatServers) -> int:
    """How many characters are kept with a request."""
    window = servers.widest_window_for(conversation)
    most: int = settings.CHAT_HISTORY_CHARACTERS
    return most if window is None else min(most, window * CHARACTERS_A_TOKEN)


def exchanges_of(thread: MessageQuerySet) -> list[Exchange]:
    """Those of a thread that have a reply, the latest first, by their lengths alone."""
    written = F("generation__text_length")
    asked = Length("question") + Sum("attachments__size", default=0)
    measured = thread.annotate(characters=Coalesce(written, asked), files=Count("attachments")).order_by("-position")
    exchanges, reply = [], None
    for pk, position, role, characters, files in measured.values_list("pk", "position", "role", "characters", "files"):
        if role == Role.ASSISTANT:
            reply = (pk, characters)
            continue
        if reply and reply[1]:
            exchanges.append(Exchange(pk, reply[0], position, characters + reply[1], has_files=files > 0))
        reply = None
    return exchanges


def kept(latest_first: Iterable[Exchange], budget: int) -> list[Exchange]:
    """As many of the latest as the budget has characters for: without holes."""
    exchanges = []
    for exchange in latest_first:
        budget -= exchange.characters
        if budget < 0:
            break
        exchanges.append(exchange)
    return exchanges
