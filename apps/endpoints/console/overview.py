"""The console's first page: its summary, and which cards it shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.endpoints.choices import Health, State
from apps.endpoints.console.cards import Card


@dataclass(frozen=True, slots=True)
class Overview:
    """All cards, problems first. Disabled endpoints are apart: they get no work and nobody checks them."""

    working: Sequence[Card]
    disabled: Sequence[Card]

    @classmethod
    def of(cls, cards: Sequence[Card]) -> "Overview":
        disabled = [card for card in cards if card.endpoint.state == State.DISABLED]
        working = [card for card in cards if card.endpoint.state != State.DISABLED]
        return cls(sorted(working, key=lambda card: card.urgency), disabled)

    @property
    def healthy(self) -> int:
        return sum(card.endpoint.health == Health.HEALTHY for card in self.working)

    @property
    def running(self) -> int | None:
        """Return the replies that are being written everywhere; ``None`` while Redis is away."""
        counts = [card.running for card in self.working]
        return None if None in counts else sum(count or 0 for count in counts)

    @property
    def waiting(self) -> int:
        """Return the replies that wait. The cards of one variant share a queue."""
        return sum({card.endpoint.variant: card.waiting for card in self.working}.values())
