"""Calculate a model's memory at each precision, and whether it fits on the cards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.guide.choosing.answers import Answers
from apps.guide.hardware.catalogue import Cards
from apps.guide.hardware.fit import RESERVE, Card, Fit, Need
from apps.guide.hardware.memory import Format, Precision, Shape, gib, kv_bytes_per_token, weight_bytes

# From the best to the smallest. Four bits in groups of 128 take a quarter of a bit more for their scales.
FORMATS = (
    Format(slug="fp16", label="16 bits", bits=16),
    Format(slug="int8", label="8 bits", bits=8),
    Format(slug="int4", label="4 bits", bits=4.25, keeps_embeddings=True),
)
# llama.cpp's formats on machines without an NVIDIA GPU: F16, Q8_0 and Q4_K_M.
GGUF_FORMATS = (
    Format(slug="fp16", label="16 bits", bits=16),
    Format(slug="gguf-q8-0", label="8 bits (Q8_0)", bits=8.5),
    Format(slug="gguf-q4-k-m", label="4 bits (Q4_K_M)", bits=4.85),
)
KV = Precision(slug="16", label="16-bit", bits=16)
KV_FP8 = Precision(slug="8", label="8-bit", bits=8)
KV_Q8 = Precision(slug="q8", label="8-bit (q8_0)", bits=8.5)
# Kernels for a KV cache in fp8 need this compute capability.
FP8_CAPABILITY = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A way to run a model on the cards: a precision, and the number of requests of that context that fit at once."""

    form: Format
    cache: Precision
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
        """GiB left over by one request."""
        return self.usable_gib - self.weights_gib - self.kv_gib

    @property
    def requests(self) -> int:
        return self.fit.room_for_tokens // self.context

    @property
    def is_quantized(self) -> bool:
        return self.form.bits < FORMATS[0].bits

    @property
    def has_small_cache(self) -> bool:
        return self.cache.bits < KV.bits

    @property
    def label(self) -> str:
        """The precision in words."""
        return f"{self.form.label}, {self.cache.label} KV cache" if self.has_small_cache else self.form.label

    @property
    def verdict(self) -> str:
        return self.fit.verdict.word


def find_rooms(shape: Shape, answers: Answers) -> Sequence[Room]:
    """Return the ways to run the model on the cards with at least one request, the recommended way first.

    It has the best precision that fits, or for many requests the precision that fits the most requests.
    """
    if answers.cards is None:
        return []
    rooms = [room for room in _all_rooms(shape, answers.cards, answers.context) if room.requests]
    return sorted(rooms, key=lambda room: -room.requests) if answers.matters == "many" else rooms


def rooms_by_model(shapes: Mapping[str, Shape], answers: Answers) -> dict[str, Sequence[Room]]:
    """Return the rooms of every model; none for any where the GPU is not decided."""
    return {model: find_rooms(shape, answers) for model, shape in shapes.items()}


def least_need(shape: Shape, cards: Cards, context: int) -> float:
    """GiB of the smallest precision with one request."""
    form, cache = _formats(cards.card)[-1], _caches(cards.card)[-1]
    return gib(weight_bytes(shape, form) + kv_bytes_per_token(shape, cache) * context)


def usable_gib(cards: Cards) -> float:
    """GiB that models may take of all cards together."""
    return cards.usable_gib * (1 - RESERVE)


def _all_rooms(shape: Shape, cards: Cards, context: int) -> Iterator[Room]:
    """Yield every precision of weights and cache, the best first."""
    count = max(count for count in shape.shard_counts if count <= cards.count)
    for form in _formats(cards.card):
        for cache in _caches(cards.card):
            need = Need(weights=weight_bytes(shape, form), per_token=kv_bytes_per_token(shape, cache), tokens=context)
            yield Room(form=form, cache=cache, fit=Fit(need=need, card=cards.card, count=count), context=context)


def _formats(card: Card) -> Sequence[Format]:
    return GGUF_FORMATS if card.is_machine else FORMATS


def _caches(card: Card) -> Sequence[Precision]:
    has_fp8 = not card.is_machine and (card.capability is None or card.capability >= FP8_CAPABILITY)
    return (KV, KV_FP8 if has_fp8 else KV_Q8)
