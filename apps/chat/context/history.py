"""The history of a question: the question, and the part of the conversation before it that a request stores."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce, Length

from apps.chat.context.user_turn import user_turn
from apps.chat.conversation_settings.servers import ChatServers, chat_servers
from apps.chat.models import Attachment, Conversation, Message, Role
from apps.stores.compiled import compiled

# An upper limit for any text except white space: code has about 3, English 4.
CHARACTERS_A_TOKEN = 6

type Turn = dict[str, str]
type MeasuredMessage = tuple[UUID, UUID | None, int, str, int, int, UUID | None]


@dataclass(frozen=True, slots=True)
class History:
    """The conversation as chat turns, oldest first, ending with the question.

    ``turn_starts`` has a position for each question in the history, in order: where the messages begin that belong to
    the question. This is its own position, or that of earlier messages that had no reply to send.
    """

    turns: list[Turn]
    turn_starts: list[int]


@dataclass(frozen=True, slots=True)
class PastExchange:
    """The ids of a question and its reply, and an upper limit of the characters that the model reads of both.

    ``position`` is the position of the question.
    """

    question: UUID
    reply: UUID
    position: int
    characters: int
    has_files: bool = False


def history_for(question: Message, *, has_files: bool = True, servers: ChatServers | None = None) -> History:
    """Return the history to store with a request.

    Whole exchanges are left out, the oldest first, once the budget is used up. The budget is what the widest context
    window of any server could hold, and at most ``CHAT_HISTORY_CHARACTERS``. The worker fits the history to the server
    that replies. Exchanges without a reply are left out, because roles must alternate. Only kept texts are read.
    """
    last = user_turn(question.question, question.attachments.all() if has_files else ())
    earlier = exchanges_before(question)
    budget = characters_for(question.conversation, servers or chat_servers(question.conversation.owner_id))
    exchanges = kept(earlier, budget - len(question.conversation.system_prompt) - len(last))
    turns = _turns_of(exchanges)
    return History([*turns, {"role": "user", "content": last}], _beginnings(earlier, len(exchanges)))


def _turns_of(exchanges: Sequence[PastExchange]) -> list[Turn]:
    """Return the texts of exchanges. Read rows: objects of a long conversation took a third of a post's CPU."""
    ids = [pk for exchange in exchanges for pk in (exchange.question, exchange.reply)]
    if not ids:
        return []
    files = _files_of([exchange.question for exchange in exchanges if exchange.has_files])
    return [
        {"role": "user", "content": user_turn(question, files.get(pk, ()))}
        if reply is None
        else {"role": "assistant", "content": reply}
        for pk, question, reply in _read_texts(ids)
    ]


@compiled
def _read_texts(ids: list[UUID]) -> QuerySet[Message, tuple[UUID, str, str | None]]:
    return Message.objects.with_ids(ids).order_by("position").values_list("pk", "question", "generation__text")


def _files_of(questions: Sequence[UUID]) -> dict[UUID | None, list[Attachment]]:
    files: dict[UUID | None, list[Attachment]] = {}
    if questions:
        for file in Attachment.objects.filter(message__in=questions):
            files.setdefault(file.message_id, []).append(file)
    return files


def _beginnings(latest_first: Sequence[PastExchange], kept_number: int) -> list[int]:
    """Return the positions where the messages of each kept exchange begin, oldest first, and then the question's."""
    known = latest_first[: kept_number + 1]  # the kept exchanges begin where the first exchange that is left out ends
    ends = [exchange.position + 2 for exchange in reversed(known)]
    return ends if len(latest_first) > kept_number else [1, *ends]


def characters_for(conversation: Conversation | None, servers: ChatServers) -> int:
    """Return how many characters are stored with a request."""
    window = servers.widest_window_for(conversation)
    most: int = settings.CHAT_HISTORY_CHARACTERS
    return most if window is None else min(most, window * CHARACTERS_A_TOKEN)


def exchanges_before(question: Message) -> list[PastExchange]:
    """Return the exchanges before the question that have a reply, the latest first, without reading their texts."""
    return _exchanges_of(_thread_to(question.parent_id, _measure_all(question.conversation_id)))


def exchanges_shown_in(conversation: Conversation) -> list[PastExchange]:
    """Return the exchanges of the thread that the conversation shows, as ``exchanges_before``."""
    measured = _measure_all(conversation.pk)
    return _exchanges_of(_thread_to(measured[0][-1], measured)) if measured else []


@compiled
def _measure_all(conversation_id: UUID) -> QuerySet[Message, MeasuredMessage]:
    """Measure the messages of all threads. This takes Postgres a third of the time to follow one thread of 200."""
    messages = Message.objects.filter(conversation=conversation_id).order_by()
    asked = Length("question") + Sum("attachments__size", default=0)
    measured = messages.annotate(characters=Coalesce(F("generation__text_length"), asked), files=Count("attachments"))
    return measured.values_list("pk", "parent", "position", "role", "characters", "files", "conversation__current")


def _thread_to(last: UUID | None, measured: Iterable[MeasuredMessage]) -> Iterator[MeasuredMessage]:
    """Yield the thread that ends with the message ``last``, the latest first."""
    by_id = {message[0]: message for message in measured}
    while last in by_id:
        message = by_id.pop(last)
        yield message
        last = message[1]


def _exchanges_of(measured: Iterable[MeasuredMessage]) -> list[PastExchange]:
    exchanges, reply = [], None
    for pk, _, position, role, characters, files, _ in measured:
        if role == Role.ASSISTANT:
            reply = (pk, characters)
            continue
        if reply and reply[1]:
            exchanges.append(PastExchange(pk, reply[0], position, characters + reply[1], has_files=files > 0))
        reply = None
    return exchanges


def kept(latest_first: Iterable[PastExchange], budget: int) -> list[PastExchange]:
    """Return as many of the latest exchanges as the budget of characters holds, without gaps."""
    exchanges = []
    for exchange in latest_first:
        budget -= exchange.characters
        if budget < 0:
            break
        exchanges.append(exchange)
    return exchanges
