"""Calculate a model's memory at each precision, and whether it fits on the cards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.guide.choosing.answers import Answers
from apps.guide.hardware.catalogue import Cards
from apps.guide.hardware.fit import RESERVE, Card, Fit, Need
from apps.guide.hardware.memory import Format, Precision, Shape, gib, kv_bytes_per_token, weight_bytes

FP16 = Format(slug="fp16", label="16 bits", bits=16)
FP8 = Format(slug="fp8", label="8 bits", bits=8)
EETQ = Format(slug="eetq", label="8 bits", bits=8)
# The scales of 4-bit groups add a quarter of a bit per weight.
NF4 = Format(slug="bitsandbytes-nf4", label="4 bits", bits=4.25, keeps_embeddings=True)
Q8_0 = Format(slug="gguf-q8-0", label="8 bits (Q8_0)", bits=8.5)
Q4_K_M = Format(slug="gguf-q4-k-m", label="4 bits (Q4_K_M)", bits=4.85)
KV = Precision(slug="16", label="16-bit", bits=16)
KV_FP8 = Precision(slug="8", label="8-bit", bits=8)
KV_Q8 = Precision(slug="q8", label="8-bit (q8_0)", bits=8.5)

type Ways = Sequence[tuple[Format, Precision]]
# Ways to store weights and KV cache, the best first. The slugs are the calculator's.
NVIDIA_WAYS: Ways = [(form, cache) for form in (FP16, FP8, NF4) for cache in (KV, KV_FP8)]
# Before compute capability 8.0, fp8 has no kernels; llama.cpp has an 8-bit KV cache there.
TURING_WAYS: Ways = [(FP16, KV), (FP16, KV_Q8), (EETQ, KV), (Q8_0, KV_Q8), (NF4, KV), (Q4_K_M, KV_Q8)]
# For even older cards, Macs and CPUs: only llama.cpp and Ollama run there.
GGUF_WAYS: Ways = [(form, cache) for form in (FP16, Q8_0, Q4_K_M) for cache in (KV, KV_Q8)]
FP8_CAPABILITY, SERVER_CAPABILITY = 8.0, 7.5


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
        """The GiB that stay free with one request."""
        return self.usable_gib - self.weights_gib - self.kv_gib

    @property
    def requests(self) -> int:
        return self.fit.room_for_tokens // self.context

    @property
    def is_quantized(self) -> bool:
        return self.form.bits < FP16.bits

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

    Recommended is the best precision that fits; for many requests, the precision that fits the most of them.
    """
    if answers.cards is None:
        return []
    rooms = [room for room in _all_rooms(shape, answers.cards, answers.context) if room.requests]
    return sorted(rooms, key=lambda room: -room.requests) if answers.matters == "many" else rooms


def rooms_by_model(shapes: Mapping[str, Shape], answers: Answers) -> dict[str, Sequence[Room]]:
    """Return the ways to run each model; empty for all if the GPU is not decided."""
    return {model: find_rooms(shape, answers) for model, shape in shapes.items()}


def least_room(shape: Shape, cards: Cards, context: int) -> Room:
    """Return the way that takes the least memory for one request, even if that does not fit."""
    return min(_all_rooms(shape, cards, context), key=lambda room: room.fit.need.total)


def usable_gib(cards: Cards) -> float:
    """Return the GiB of all cards together, without the reserve."""
    return cards.usable_gib * (1 - RESERVE)


def _all_rooms(shape: Shape, cards: Cards, context: int) -> Iterator[Room]:
    """Yield every precision of weights and cache, the best first."""
    count = max(count for count in shape.shard_counts if count <= cards.count)
    for form, cache in ways(cards.card):
        need = Need(weights=weight_bytes(shape, form), per_token=kv_bytes_per_token(shape, cache), tokens=context)
        yield Room(form=form, cache=cache, fit=Fit(need=need, card=cards.card, count=count), context=context)


def ways(card: Card) -> Ways:
    """Return the precisions that servers run on the card; a card of unknown capability counts as a recent one."""
    if card.is_machine:
        return GGUF_WAYS
    if card.capability is None or card.capability >= FP8_CAPABILITY:
        return NVIDIA_WAYS
    return TURING_WAYS if card.capability >= SERVER_CAPABILITY else GGUF_WAYS
