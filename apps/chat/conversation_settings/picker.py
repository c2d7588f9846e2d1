"""The model servers to choose from, with health, context window and queue of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef

from apps.chat.conversation_settings.servers import ChatServers, servers_of
from apps.chat.models import Conversation
from apps.endpoints.console.cards import HEALTH_WORDS
from apps.endpoints.models import Endpoint, Health, Variant
from apps.generation.models import ACTIVE, Generation, State


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """A model server that answers chats. ``waiting`` counts the replies that wait and may run there."""

    endpoint: Endpoint
    running: int
    waiting: int
    is_chosen: bool

    @property
    def health(self) -> tuple[str, str]:
        return HEALTH_WORDS[Health(self.endpoint.health)]

    @property
    def facts(self) -> str:
        """Return the window and the load in words."""
        window = self.endpoint.context_window
        words = [
            f"{window:,} tokens of context" if window else "context unknown",
            f"{self.running} of {self.endpoint.max_concurrency} slots in use",
        ]
        return " · ".join([*words, f"{self.waiting:,} waiting"] if self.waiting else words)


def server_choices(servers: ChatServers, conversation: Conversation | None) -> Sequence[ServerChoice]:
    """Return a choice for each enabled server, preferred ones first, from one query."""
    usable = servers_of(OuterRef(OuterRef("owner"))).order_by("pk").values("pk")
    active = Generation.objects.filter(state__in=ACTIVE, variant=Variant.INSTRUCT).order_by()
    kinds = active.annotate(usable=ArraySubquery(usable)).values_list("state", "endpoint", "wanted_endpoint", "usable")
    counts = list(kinds.annotate(Count("pk")))

    def running(pk: UUID) -> int:
        return sum(number for state, endpoint, *_, number in counts if state == State.RUNNING and endpoint == pk)

    def waiting(pk: UUID) -> int:
        queued = ((wanted, usable, number) for state, _, wanted, usable, number in counts if state == State.QUEUED)
        return sum(number for wanted, usable, number in queued if wanted == pk or (wanted is None and pk in usable))

    chosen = conversation.server_name if conversation else ""
    return [
        ServerChoice(endpoint, running(endpoint.pk), waiting(endpoint.pk), endpoint.name == chosen)
        for endpoint in servers.enabled
    ]
