"""A question to the calculator, and the facts that the calculator knows: plain values, without a database."""

from dataclasses import dataclass

from apps.guide.hardware.fit import Card
from apps.guide.hardware.memory import Format, Precision, Shape, gib
from apps.guide.hardware.servers import ModelServer


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """A model's context window in tokens: the planned length, and other sources' claims; with citations."""

    planned: int
    planned_note: str
    planned_cites: tuple[tuple[str, str], ...]
    claimed: int | None
    claimed_cites: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One of the twelve models as the calculator needs it."""

    slug: str
    name: str
    variant: str
    size: str
    repository: str
    shape: Shape
    context: Context
    shape_cites: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that can be chosen, by slug and in the order of the lists."""

    models: dict[str, Model]
    formats: dict[str, Format]
    precisions: dict[str, Precision]
    cards: dict[str, Card]
    servers: list[ModelServer]

    @property
    def is_complete(self) -> bool:
        """Return whether every list has an option."""
        return all((self.models, self.formats, self.precisions, self.cards))


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareQuestion:
    """One calculation: ``context`` tokens in each of ``sequences``, on ``count`` cards of a kind."""

    model: Model
    form: Format
    precision: Precision
    context: int
    sequences: int
    card: Card
    count: int

    @property
    def splits(self) -> bool:
        """Return whether every layer can be split over these cards."""
        shape = self.model.shape
        return self.count in shape.shard_counts and shape.keeps_groups(self.count, self.form.group_size)

    @property
    def query(self) -> dict[str, str]:
        """The question as a URL asks it, nothing left to defaults."""
        query = {
            "model": self.model.slug,
            "weights": self.form.slug,
            "context": str(self.context),
            "sequences": str(self.sequences),
            "kv": self.precision.slug,
            "gpu": self.card.slug,
            "gpus": str(self.count),
        }
        if not self.card.is_listed:
            query["memory"] = f"{gib(self.card.memory):.6g}"
        return query
