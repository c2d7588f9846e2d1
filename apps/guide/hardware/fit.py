"""Fit weights and KV cache on a number of cards, and return the memory left over."""

from dataclasses import dataclass
from enum import StrEnum

# Reserved on each card for the CUDA context, activations and fragmentation.
RESERVE = 0.10
# A fit with a smaller share of the memory left over is called tight.
TIGHT = 0.10


class Verdict(StrEnum):
    """The result of a fit; ``word`` is its label on pages."""

    FITS = "fits"
    TIGHT = "tight"
    NO = "no"

    @property
    def word(self) -> str:
        return {"fits": "Fits", "tight": "Tight", "no": "Does not fit"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A GPU, or a machine with one memory. ``memory`` is the part that programs can use, in bytes.

    ``sold_gb`` is the size on its box; ``capability`` is NVIDIA's compute capability, if known.
    """

    slug: str
    label: str
    memory: int
    sold_gb: int = 0
    machine: str = "nvidia"
    capability: float | None = None
    aliases: tuple[str, ...] = ()
    note: str = ""
    cites: tuple[tuple[str, str], ...] = ()

    @property
    def is_listed(self) -> bool:
        """Return whether the card is listed in the guide, not described by a reader."""
        return self.sold_gb > 0

    @property
    def is_machine(self) -> bool:
        """Return whether it is a whole machine, which is used alone."""
        return self.machine != "nvidia"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The memory needed, in bytes: the weights once, and ``per_token`` of KV cache for each of ``tokens``."""

    weights: int
    per_token: int
    tokens: int

    @property
    def kv(self) -> int:
        return self.per_token * self.tokens

    @property
    def total(self) -> int:
        return self.weights + self.kv


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A need on ``count`` equal cards, over which weights and KV heads are split evenly; all figures in bytes."""

    need: Need
    card: Card
    count: int

    @property
    def capacity(self) -> int:
        return self.card.memory * self.count

    @property
    def reserve(self) -> int:
        return round(self.capacity * RESERVE)

    @property
    def headroom(self) -> int:
        """Bytes left over; negative if the model does not fit."""
        return self.capacity - self.reserve - self.need.total

    @property
    def headroom_share(self) -> float:
        return self.headroom / self.capacity

    @property
    def verdict(self) -> Verdict:
        if self.headroom < 0:
            return Verdict.NO
        return Verdict.TIGHT if self.headroom_share < TIGHT else Verdict.FITS

    @property
    def room_for_tokens(self) -> int:
        """The number of tokens of KV cache that fit, over all sequences."""
        return max(0, (self.capacity - self.reserve - self.need.weights) // self.need.per_token)


def fewest_cards(need: Need, card: Card, counts: list[int]) -> Fit | None:
    """Return the fit on the fewest cards that hold the model, tight or not; ``None`` if even the most do not."""
    fits = (Fit(need=need, card=card, count=count) for count in counts)
    return next((fit for fit in fits if fit.verdict is not Verdict.NO), None)
