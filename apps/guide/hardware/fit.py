"""Whether weights and KV cache fit on so many cards, and what is left."""

from dataclasses import dataclass
from enum import StrEnum

# What is kept back of each card for the CUDA context, activations and fragmentation.
RESERVE = 0.10
# Less than this share of the memory left over is called tight.
TIGHT = 0.10


class Verdict(StrEnum):
    """The answer, for people in ``word``."""

    FITS = "fits"
    TIGHT = "tight"
    NO = "no"

    @property
    def word(self) -> str:
        return {"fits": "Fits", "tight": "Tight", "no": "Does not fit"}[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A GPU, or a machine with one memory. ``memory`` is what programs can use of it, in bytes.

    ``sold_gb`` is what is printed on its box, ``capability`` NVIDIA's, where it is known.
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
        """Whether it is one of the guide's, and not one that a reader described."""
        return self.sold_gb > 0

    @property
    def is_machine(self) -> bool:
        """Whether it is a whole machine, of which there is one."""
        return self.machine != "nvidia"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What has to be held, in bytes: the weights once, and ``per_token`` for each of ``tokens`` in the KV cache."""

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
        """What is left over; negative where it does not fit."""
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
        """How many tokens of KV cache there is room for, of all sequences together."""
        return max(0, (self.capacity - self.reserve - self.need.weights) // self.need.per_token)


def fewest_cards(need: Need, card: Card, counts: list[int]) -> Fit | None:
    """Return the fit on the fewest such cards that hold it, tight or not; ``None`` where even the most do not."""
    fits = (Fit(need=need, card=card, count=count) for count in counts)
    return next((fit for fit in fits if fit.verdict is not Verdict.NO), None)
