"""Whether anything can answer a chat, by what is known: no server is asked."""

from dataclasses import dataclass
from enum import StrEnum

from apps.accounts.models import User
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


def server_notice() -> ServerNotice | None:
    """What to say above the composer; ``None`` while every server that answers chats does."""
    servers = [
        endpoint
        for endpoint in Endpoint.objects.enabled().serving(Variant.INSTRUCT).preferred_first()
        if Capability.CHAT in endpoint.capabilities
    ]
    if not servers:
        return ServerNotice(Situation.NONE, [], [], _admins())
    down = [endpoint for endpoint in servers if endpoint.health == Health.DOWN]
    if not down:
        return None
    answering = [endpoint for endpoint in servers if endpoint.health != Health.DOWN]
    return ServerNotice(Situation.SOME_DOWN if answering else Situation.ALL_DOWN, down, answering, [])


def _admins() -> list[str]:
    admins = User.objects.filter(is_staff=True, is_active=True).order_by("username")
    return list(admins.values_list("username", flat=True)[:ADMINS_NAMED])
