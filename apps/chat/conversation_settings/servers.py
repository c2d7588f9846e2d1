"""The endpoints that may reply to chats, by stored facts. No model server is called."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.endpoints.console.cards import HEALTH_WORDS
from apps.endpoints.health.absence import describe_absence
from apps.endpoints.models import Capability, Endpoint, Health, Variant
from apps.endpoints.models.endpoint import EndpointQuerySet
from apps.endpoints.services.reserve import preference
from apps.generation.models import Generation, GenerationQuerySet, State
from apps.stores.compiled import compiled

ADMINS_NAMED = 3
BEST = "Best available Instruct"


class Situation(StrEnum):
    """The situations in which the composer shows a notice."""

    NONE = "none"
    NOT_ALLOWED = "not_allowed"
    ALL_DOWN = "all_down"
    WANTED_AWAY = "wanted_away"


@dataclass(frozen=True, slots=True)
class ServerNotice:
    """The endpoints that could reply instead, and admins to ask if there is none.

    ``since``: when the last of all endpoints went down.
    ``absence`` says why the only server that may answer cannot, without a full stop.
    """

    situation: Situation
    since: datetime | None = None
    answering: list[Endpoint] = field(default_factory=list)
    admins: list[str] = field(default_factory=list)
    absence: str = ""


@dataclass(frozen=True, slots=True)
class Answering:
    """The endpoint that replies next, in the composer's words; ``tone`` and ``word`` are the state of ``server``."""

    choice: str
    server: str
    tone: str
    word: str


@dataclass(frozen=True, slots=True)
class ChatServers:
    """The enabled endpoints that reply to one person's chats, preferred ones first, from one query.

    ``waiting`` counts the queued replies of other conversations that compete for these endpoints; 0 if the query did
    not count them.
    """

    enabled: list[Endpoint]
    waiting: int = 0

    @property
    def up(self) -> list[Endpoint]:
        return [endpoint for endpoint in self.enabled if endpoint.health != Health.DOWN]

    def named(self, name: str) -> Endpoint | None:
        return next((endpoint for endpoint in self.enabled if endpoint.name == name), None)

    def open_to(self, conversation: Conversation | None) -> list[Endpoint]:
        """Return the endpoints that may reply in the conversation; ``None`` is a new one."""
        if conversation is None or not conversation.endpoint_name:
            return self.enabled
        return [endpoint for endpoint in self.enabled if endpoint.pk == conversation.endpoint_id]

    def measured_for(self, conversation: Conversation | None) -> Endpoint | None:
        """Return the endpoint whose context window is shown: the composer's endpoint if its window is known."""
        ready = self._ready_for(conversation)
        up = [endpoint for endpoint in ready if endpoint.health != Health.DOWN]
        first = min(up, key=preference) if up else next(iter(ready), None)
        return first if first and first.context_window else self.narrowest_for(conversation)

    def narrowest_for(self, conversation: Conversation | None) -> Endpoint | None:
        """Return the endpoint with the smallest known window that may answer; a down one only if all are down."""
        known = [endpoint for endpoint in self._ready_for(conversation) if endpoint.context_window]
        return min(known, key=_window, default=None)

    def wider_than(self, endpoint: Endpoint, conversation: Conversation | None) -> Endpoint | None:
        """Return the endpoint that takes the longest prompts and may answer, if it takes longer ones than this."""
        widest = max(self._ready_for(conversation), key=_prompt_room, default=endpoint)
        return widest if _prompt_room(widest) > _prompt_room(endpoint) else None

    def smaller_than(self, endpoint: Endpoint, conversation: Conversation | None) -> Endpoint | None:
        """Return the endpoint with the smallest window that may answer, if this endpoint's window is larger."""
        narrowest = self.narrowest_for(conversation)
        return narrowest if narrowest and _window(narrowest) < _window(endpoint) else None

    def tokenizer_for(self, conversation: Conversation | None) -> Endpoint | None:
        """Return the endpoint to ask for token counts. The models of all endpoints share nearly the same tokenizer."""
        up = [endpoint for endpoint in self.open_to(conversation) if endpoint.health != Health.DOWN]
        return min((one for one in up if Capability.TOKENIZE in one.capabilities), key=preference, default=None)

    def _ready_for(self, conversation: Conversation | None) -> list[Endpoint]:
        may_answer = self.open_to(conversation)
        return [endpoint for endpoint in may_answer if endpoint.health != Health.DOWN] or may_answer

    def widest_window_for(self, conversation: Conversation | None) -> int | None:
        """Return the largest window of the endpoints that may reply, or ``None`` if one is unknown."""
        windows = [endpoint.context_window for endpoint in self.open_to(conversation)]
        known = [window for window in windows if window]
        return max(known) if known and len(known) == len(windows) else None

    def notice(self, conversation: Conversation | None = None) -> ServerNotice | None:
        """Return the notice above the composer, or ``None`` while all is well."""
        if not self.enabled:
            is_for_others = any(Capability.CHAT in endpoint.capabilities for endpoint in _instruct())
            return ServerNotice(Situation.NOT_ALLOWED if is_for_others else Situation.NONE, admins=_admins())
        if conversation and (wanted := conversation.wanted):
            if any(endpoint in self.up for endpoint in self.open_to(conversation)):
                return None
            return ServerNotice(Situation.WANTED_AWAY, answering=self.up, absence=describe_absence(wanted))
        if self.up:
            return None
        return ServerNotice(Situation.ALL_DOWN, since=max(endpoint.health_since for endpoint in self.enabled))

    def answering(self, conversation: Conversation | None) -> Answering:
        """Return the endpoint that replies next, as far as is known, and the queue before it."""
        may_answer = self.open_to(conversation)
        if conversation and conversation.endpoint_name:
            name = conversation.server_name
            tone, word = HEALTH_WORDS[Health(may_answer[0].health)] if may_answer else ("danger", "Not there")
            return Answering(name, "", tone, word.lower() + self._queue)
        if not may_answer:
            return Answering(BEST, "", "danger", "no model server")
        if not self.up:
            return Answering(BEST, "", "danger", "all down")
        first = min(self.up, key=preference)
        tone, word = HEALTH_WORDS[Health(first.health)]
        return Answering(BEST, first.name, tone, word.lower() + self._queue)

    @property
    def _queue(self) -> str:
        """Return the length of the queue, such as “, 3 waiting”, or ""."""
        return f", {self.waiting:,} waiting" if self.waiting else ""


def _window(endpoint: Endpoint) -> int:
    return endpoint.context_window or 0


def _prompt_room(endpoint: Endpoint) -> int:
    return (endpoint.context_window and endpoint.prompt_room) or 0


def chat_servers(person_id: int) -> ChatServers:
    usable = _read_usable(person_id)
    return ChatServers([endpoint for endpoint in usable if Capability.CHAT in endpoint.capabilities])


@compiled
def _read_usable(person_id: int) -> EndpointQuerySet:
    return servers_of(person_id)


def servers_and_queue(person_id: int, conversation: Conversation | None) -> ChatServers:
    """Return ``chat_servers`` for the composer of ``conversation``, with the queue it shows, from the same query."""
    found: list[Any] = _read_usable_and_queue(person_id, _begun(conversation))
    chatting = [endpoint for endpoint in found if Capability.CHAT in endpoint.capabilities]
    return ChatServers(chatting, found[0].waiting if found else 0)


def servers_of(person_id: int | OuterRef) -> EndpointQuerySet:
    """Return the enabled Instruct endpoints that the person may use."""
    return _instruct().usable_by(person_id)


@compiled
def _read_usable_and_queue(person_id: int, conversation_id: UUID | None) -> EndpointQuerySet:
    waiting = _others_waiting(person_id, conversation_id).order_by().values("variant")
    number = waiting.annotate(number=Count("pk")).values("number")
    return servers_of(person_id).annotate(waiting=Coalesce(Subquery(number), 0))


def _instruct() -> EndpointQuerySet:
    return Endpoint.objects.enabled().serving(Variant.INSTRUCT).preferred_first()


def _others_waiting(person_id: int, conversation_id: UUID | None) -> GenerationQuerySet:
    """Return the queued replies of other conversations that may run on an endpoint which the person may use."""
    usable = servers_of(person_id)
    for_both = Exists(usable.usable_by(OuterRef(OuterRef("owner"))))
    queued = Generation.objects.filter(state=State.QUEUED, variant=Variant.INSTRUCT)
    queued = queued.filter(Q(for_both, wanted_name="") | Q(wanted_endpoint__in=usable.values("pk")))
    return queued if conversation_id is None else queued.exclude(message__conversation=conversation_id)


def _begun(conversation: Conversation | None) -> UUID | None:
    """Return the id of a conversation that has begun. An unsaved conversation has a database expression for its id."""
    return conversation.pk if conversation is not None and isinstance(conversation.pk, UUID) else None


def _admins() -> list[str]:
    admins = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    return list(admins.values_list("username", flat=True)[:ADMINS_NAMED])
