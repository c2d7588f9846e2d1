"""Whether anything can answer a chat, by what is known: no server is asked."""

from dataclasses import dataclass
from enum import StrEnum

from apps.accounts.models import User
from apps.chat.models import Conversation
from apps.endpoints.models import Capability, Endpoint, Health, Variant

ADMINS_NAMED = 3


class Situation(StrEnum):
    """What a person should know before they ask."""

    NONE = "none"
    ALL_DOWN = "all_down"
    SOME_DOWN = "some_down"


@dataclass(frozen=True, slots=True)
class ServerNotice:
    """Which servers are down, which ones answer instead, and whom to ask where there is none at all."""

    situation: Situation
    down: list[Endpoint]
    answering: list[Endpoint]
    admins: list[str]


@dataclass(frozen=True, slots=True)
class ChatServers:
    """The enabled model servers that answer chats, those that are preferred first, as one query found them."""

    enabled: list[Endpoint]

    @property
    def up(self) -> list[Endpoint]:
        return [endpoint for endpoint in self.enabled if endpoint.health != Health.DOWN]

    def open_to(self, conversation: Conversation | None) -> list[Endpoint]:
        """Those that may answer in the conversation; ``None`` is a new one, in which any may."""
        if conversation is None or not conversation.endpoint_name:
            return self.enabled
        return [endpoint for endpoint in self.enabled if endpoint.pk == conversation.endpoint_id]

    def window_for(self, conversation: Conversation | None) -> int | None:
        """How many tokens question, history and reply may have together; ``None`` where nobody says.

        Where several servers may answer, the smallest of their windows, for what fits that one fits them all; those
        that are down count only while all are.
        """
        may_answer = self.open_to(conversation)
        up = [endpoint for endpoint in may_answer if endpoint.health != Health.DOWN]
        return min((endpoint.context_window for endpoint in up or may_answer if endpoint.context_window), default=None)

    def notice(self) -> ServerNotice | None:
        """What to say above the composer; ``None`` while every server that answers chats does."""
        if not self.enabled:
            return ServerNotice(Situation.NONE, [], [], _admins())
        down = [endpoint for endpoint in self.enabled if endpoint.health == Health.DOWN]
        if not down:
            return None
        return ServerNotice(Situation.SOME_DOWN if self.up else Situation.ALL_DOWN, down, self.up, [])


def chat_servers() -> ChatServers:
    instruct = Endpoint.objects.enabled().serving(Variant.INSTRUCT).preferred_first()
    return ChatServers([endpoint for endpoint in instruct if Capability.CHAT in endpoint.capabilities])


def window_for(conversation: Conversation | None) -> int | None:
    """The window of whatever answers in the conversation, in tokens, by one query; ``None`` is a new conversation."""
    return chat_servers().window_for(conversation)


def _admins() -> list[str]:
    admins = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    return list(admins.values_list("username", flat=True)[:ADMINS_NAMED])
