"""The content of a comparison's cell: a fact or a score with its basis."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.guide.models import Citation, CodeModel, Fact, Reading, Score, StatementKind, Status, Variant
from apps.guide.notes import Basis, basis_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure in words, and as a number if it has one; ``readings`` hold what other sources say."""

    text: str
    number: Decimal | None
    kind: StatementKind
    status: Status
    qualification: str
    checked: date | None
    citations: Sequence[Citation]
    readings: Sequence[Reading]
    basis: Basis

    @property
    def is_conflict(self) -> bool:
        return self.status == Status.CONFLICT

    @property
    def is_unverified(self) -> bool:
        return self.status == Status.UNVERIFIED


@dataclass(frozen=True, slots=True)
class CellPart:
    """A figure of a cell; in the column of a variant, of the ``sizes`` that share it."""

    figure: Figure
    sizes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A model, or a variant with its models."""

    slug: str
    name: str
    variant: Variant
    models: Sequence[CodeModel]
    is_variant: bool

    @property
    def family(self) -> str:
        """The name without the size."""
        return self.name if self.is_variant else self.name.removesuffix(self.models[0].size)

    @property
    def size(self) -> str:
        """The size; empty for a variant, which covers all sizes."""
        return "" if self.is_variant else self.models[0].size


@dataclass(frozen=True, slots=True)
class ComparedCell:
    """The figures of a column in a row; no parts if nothing is published."""

    column: Column
    parts: Sequence[CellPart]

    @property
    def wording(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The texts and sizes by which two cells are compared."""
        return tuple((part.figure.text, tuple(part.sizes)) for part in self.parts)

    @property
    def numbers(self) -> list[Decimal]:
        return [part.figure.number for part in self.parts if part.figure.number is not None]


def figure_of_fact(fact: Fact) -> Figure:
    return Figure(
        text=fact.text,
        number=fact.number,
        kind=StatementKind(fact.kind),
        status=Status(fact.status),
        qualification=fact.qualification,
        checked=fact.checked,
        citations=list(fact.citations.all()),
        readings=list(fact.readings.all()),
        basis=basis_of(fact),
    )


def figure_of_score(score: Score) -> Figure:
    return Figure(
        text=score.text,
        number=score.number,
        kind=StatementKind(score.kind),
        status=Status.AGREED,
        qualification=score.qualification,
        checked=score.checked,
        citations=list(score.citations.all()),
        readings=[],
        basis=basis_of(score),
    )


def make_cell(column: Column, figures: dict[str, Figure]) -> ComparedCell:
    """Return the cell of a column from the figures by model slug; sizes of a variant that agree are put together."""
    shared: dict[tuple[str, str], tuple[Figure, list[str]]] = {}
    for model in column.models:
        figure = figures.get(model.slug)
        if figure is not None:
            shared.setdefault((figure.text, figure.qualification), (figure, []))[1].append(model.size)
    if len(shared) == 1 and len(figures.keys() & {model.slug for model in column.models}) == len(column.models):
        return ComparedCell(column, [CellPart(figure) for figure, _ in shared.values()])
    return ComparedCell(column, [CellPart(figure, sizes) for figure, sizes in shared.values()])
