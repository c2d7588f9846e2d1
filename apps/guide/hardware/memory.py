"""Bytes of weights and of the KV cache, exactly, from a model's shape."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

GIB = 2**30
GB = 10**9
# Embedding and output head at 16 bits, where a quantizer leaves them alone.
BYTES_KEPT = 2
MOST_SHARDS = 8


def gib(size: float) -> float:
    """Convert bytes to GiB (2^30 bytes)."""
    return size / GIB


def rounded(size: float, unit: int = GIB) -> Decimal:
    """Return bytes in a unit with two decimals; halves round up: 3.125 GiB are 3.13."""
    return (Decimal(size) / unit).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The dimensions of a decoder of the Llama 2 design; embedding and output head are two matrices."""

    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_size: int
    feed_forward: int
    vocabulary: int

    @property
    def embedding_parameters(self) -> int:
        """Weights of the embedding and the output head together."""
        return 2 * self.vocabulary * self.hidden

    @property
    def layer_parameters(self) -> int:
        """Weights of one layer: attention, feed-forward network and two norms."""
        attention = 2 * self.hidden**2 + 2 * self.hidden * self.kv_heads * self.head_size
        return attention + 3 * self.hidden * self.feed_forward + 2 * self.hidden

    @property
    def parameters(self) -> int:
        """All weights, the last norm included."""
        return self.embedding_parameters + self.layers * self.layer_parameters + self.hidden

    @property
    def shard_counts(self) -> list[int]:
        """The numbers of cards of one host that divide the heads, KV heads and feed-forward size of a layer."""
        return [
            count
            for count in range(1, MOST_SHARDS + 1)
            if not any(size % count for size in (self.heads, self.kv_heads, self.feed_forward))
        ]

    def keeps_groups(self, count: int, group_size: int) -> bool:
        """Return whether a split over that many cards keeps weights that share a scale together."""
        return not group_size or not (self.feed_forward % (count * group_size) or self.hidden % (count * group_size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A weight format: ``bits`` per weight, scales included; ``keeps_embeddings`` leaves embeddings at 16 bits.

    A format that ``needs_prepared_weights`` is not made by servers. ``group_size`` weights share a scale and stay
    together; ``least_capability`` is NVIDIA's.
    """

    slug: str
    label: str
    bits: float
    keeps_embeddings: bool = False
    needs_prepared_weights: bool = False
    group_size: int = 0
    least_capability: float = 0
    note: str = ""
    cites: tuple[tuple[str, str], ...] = ()

    @property
    def is_gguf(self) -> bool:
        """Return whether it is a file type of llama.cpp, which keeps no matrix at 16 bits."""
        return self.slug.startswith("gguf-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """A format of the KV cache: bits per element, scales included."""

    slug: str
    label: str
    bits: float
    least_capability: float = 0


def weight_bytes(shape: Shape, form: Format) -> int:
    """Return the bytes of all weights in that format."""
    if not form.keeps_embeddings:
        return round(shape.parameters * form.bits / 8)
    quantized = shape.parameters - shape.embedding_parameters
    return round(quantized * form.bits / 8) + shape.embedding_parameters * BYTES_KEPT


def kv_bytes_per_token(shape: Shape, precision: Precision) -> int:
    """Return the bytes that one token of context takes: a key and a value for each KV head of each layer."""
    return round(2 * shape.layers * shape.kv_heads * shape.head_size * precision.bits / 8)
