"""The comparison as its page shows it: equal cells merged, the best figure marked, sources in notes."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.guide.comparing.figures import CellPart, Column, ComparedCell
from apps.guide.comparing.table import ComparedRow, ComparedTable
from apps.guide.models import Attribute, Better
from apps.guide.notes import Basis, Note, Notes

FOLDED = {
    Attribute.Group.ARCHITECTURE.value,
    Attribute.Group.RELEASE.value,
    "scores-single-line-infilling",
    "scores-docstring-infilling",
    "scores-key-retrieval",
    "scores-apps-without-examples",
    "scores-safety",
}
NUMBER = re.compile(r"[\d.,]+")


@dataclass(frozen=True, slots=True)
class ShownPart:
    """A figure with its notes; without notes if its basis is the row's."""

    text: str
    sizes: Sequence[str]
    is_best: bool
    notes: Sequence[Note]


@dataclass(frozen=True, slots=True)
class ShownCell:
    """Neighbouring columns with the same content, merged; no parts if there is no figure."""

    columns: Sequence[Column]
    parts: Sequence[ShownPart]

    @property
    def span(self) -> int:
        return len(self.columns)


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row; ``basis`` applies to all figures without notes of their own.

    The group's heading says the first words of the label, ``said``; ``name`` is the rest.
    """

    row: ComparedRow
    said: str
    basis: Basis | None
    cells: Sequence[ShownCell]
    is_number: bool

    @property
    def name(self) -> str:
        return self.row.label.removeprefix(self.said)


@dataclass(frozen=True, slots=True)
class ShownGroup:
    """Rows under one heading; rarely needed groups start folded, unless the columns are sorted by one of their rows."""

    slug: str
    label: str
    rows: Sequence[ShownRow]

    @property
    def is_folded(self) -> bool:
        return self.slug in FOLDED and not any(shown.row.order for shown in self.rows)


@dataclass(frozen=True, slots=True)
class ShownTable:
    """All groups, and the notes of their figures."""

    groups: Sequence[ShownGroup]
    notes: Notes


def show_table(table: ComparedTable) -> ShownTable:
    """Return the table as its page shows it."""
    notes = Notes()
    groups = [
        ShownGroup(group.slug, group.label, [_show_row(row, group.shared, notes) for row in group.rows])
        for group in table.groups
    ]
    return ShownTable(groups, notes)


def _show_row(row: ComparedRow, said: str, notes: Notes) -> ShownRow:
    basis, best = _common_basis(row), _best(row)
    return ShownRow(
        row=row,
        said=said,
        basis=basis,
        cells=[_show_cell(cells, basis, best, notes) for cells in _alike(row.cells)],
        is_number=all(NUMBER.fullmatch(part.figure.text) for cell in row.cells for part in cell.parts),
    )


def _show_cell(cells: Sequence[ComparedCell], basis: Basis | None, best: Decimal | None, notes: Notes) -> ShownCell:
    parts = []
    for place, part in enumerate(cells[0].parts):
        bases = dict.fromkeys(cell.parts[place].figure.basis for cell in cells)
        parts.append(
            ShownPart(
                text=part.figure.text,
                sizes=part.sizes,
                is_best=best is not None and part.figure.number == best,
                notes=[notes.note(found) for found in bases if found != basis],
            )
        )
    return ShownCell([cell.column for cell in cells], parts)


def _alike(cells: Sequence[ComparedCell]) -> Iterator[list[ComparedCell]]:
    """Yield runs of neighbouring cells with the same text and the same reservations."""
    run: list[ComparedCell] = []
    for cell in cells:
        if run and _said(run[-1]) != _said(cell):
            yield run
            run = []
        run.append(cell)
    if run:
        yield run


def _said(cell: ComparedCell) -> tuple[object, ...]:
    return cell.wording, [None if part.figure.basis.is_plain else part.figure.basis for part in cell.parts]


def _common_basis(row: ComparedRow) -> Basis | None:
    """Return the basis of most of the row's figures, among figures without reservations."""
    plain = Counter(part.figure.basis for part in _parts(row) if part.figure.basis.is_plain)
    return plain.most_common(1)[0][0] if plain else None


def _best(row: ComparedRow) -> Decimal | None:
    """Return the best number of a row; ``None`` unless the row's numbers can be ranked and differ."""
    numbers = {part.figure.number for part in _parts(row) if part.figure.number is not None}
    if not row.better or len(numbers) < 2:  # noqa: PLR2004 - one alone is not the best
        return None
    return min(numbers) if row.better == Better.LOWER else max(numbers)


def _parts(row: ComparedRow) -> Iterator[CellPart]:
    return (part for cell in row.cells for part in cell.parts)
