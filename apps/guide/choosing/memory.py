"""What a model needs at each precision, and whether it fits on the cards there are."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.guide.choosing.answers import Answers
from apps.guide.choosing.cards import Cards
from apps.guide.hardware.fit import RESERVE, Card, Fit, Need, Verdict
from apps.guide.hardware.memory import GIB, Format, Precision, Shape, gib, kv_bytes_per_token, weight_bytes

# From the best to the smallest. Four bits in groups of 128 take a quarter of a bit more for their scales.
FORMATS = (
    Format(slug="fp16", label="16 bit", bits=16),
    Format(slug="int8", label="8 bit", bits=8),
    Format(slug="int4", label="4 bit", bits=4.25, keeps_embeddings=True),
)
KV = Precision(slug="fp16", label="16 bit", bytes=2)
# Cards show programs less than they are sold with: as seen in logs, the others by the smaller share of the two.
SEEN_GIB = {24: 23.6, 80: 79.3}
SEEN_SHARE = 23.6 / 24
# How many requests at once are meant by "many".
MANY = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How a model would sit on the cards: at which precision, and for how many requests of that context at once."""

    form: Format
    fit: Fit
    context: int

    @property
    def weights_gib(self) -> float:
        return gib(self.fit.need.weights)

    @property
    def kv_gib(self) -> float:
        """The KV cache of one request."""
        return gib(self.fit.need.per_token * self.context)

    @property
    def usable_gib(self) -> float:
        return gib(self.fit.capacity - self.fit.reserve)

    @property
    def headroom_gib(self) -> float:
        """What one request leaves over."""
        return self.usable_gib - self.weights_gib - self.kv_gib

    @property
    def requests(self) -> int:
        return self.fit.room_for_tokens // self.context

    @property
    def is_quantized(self) -> bool:
        return self.form.bits < FORMATS[0].bits

    @property
    def verdict(self) -> str:
        return self.fit.verdict.word


def find_room(shape: Shape, answers: Answers) -> Room | None:
    """Return how the model sits at the best precision at which it fits, ``None`` where it does at none.

    Where many requests are wanted at once, a smaller precision that holds them goes before a better one that does not.
    """
    if answers.cards is None:
        return None
    rooms = [_room(shape, form, answers.cards, answers.context) for form in FORMATS]
    fitting = [room for room in rooms if room.requests]
    if answers.matters == "many":
        fitting = [room for room in fitting if room.requests >= MANY] or fitting[-1:]
    return fitting[0] if fitting else None


def least_need(shape: Shape, context: int) -> float:
    """GiB of the smallest precision with one request."""
    return gib(weight_bytes(shape, FORMATS[-1]) + kv_bytes_per_token(shape, KV) * context)


def unquantized_need(shape: Shape, context: int) -> float:
    """GiB at 16 bits with one request."""
    return gib(weight_bytes(shape, FORMATS[0]) + kv_bytes_per_token(shape, KV) * context)


def usable_gib(cards: Cards) -> float:
    """GiB that models may take of all cards together."""
    return gib(_card(cards).memory * cards.count) * (1 - RESERVE)


def _room(shape: Shape, form: Format, cards: Cards, context: int) -> Room:
    need = Need(weights=weight_bytes(shape, form), per_token=kv_bytes_per_token(shape, KV), tokens=context)
    count = max(count for count in shape.shard_counts if count <= cards.count)
    return Room(form=form, fit=Fit(need=need, card=_card(cards), count=count), context=context)


def _card(cards: Cards) -> Card:
    seen = SEEN_GIB.get(cards.gigabytes, cards.gigabytes * SEEN_SHARE)
    return Card(slug=f"{cards.gigabytes}", label=f"{cards.gigabytes} GB", memory=round(seen * GIB))


def rooms_by_model(shapes: Mapping[str, Shape], answers: Answers) -> dict[str, Room | None]:
    """Return the room of every model; all ``None`` where the GPU is not decided."""
    return {model: find_room(shape, answers) for model, shape in shapes.items()}


def is_tight(room: Room) -> bool:
    return room.fit.verdict is Verdict.TIGHT
