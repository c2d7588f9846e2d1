"""Arrange the comparison: rows of cells in groups, sorted and filtered as the address asks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from apps.guide.comparing.figures import Column, ComparedCell
from apps.guide.comparing.state import State, unknown_sort
from apps.guide.models import Better


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """A row: an attribute or a benchmark. ``order`` says how the columns are sorted by it.

    ``method`` is how a benchmark was measured, where its label does not say so.
    """

    slug: str
    label: str
    method: str
    unit: str
    note: str
    better: str
    cells: Sequence[ComparedCell]
    order: str = ""

    @property
    def full_label(self) -> str:
        return f"{self.label}, {self.method}" if self.method else self.label

    @property
    def differs(self) -> bool:
        return len({cell.wording for cell in self.cells}) > 1

    @property
    def is_empty(self) -> bool:
        return not any(cell.parts for cell in self.cells)


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under one heading; their labels begin with the words ``shared``."""

    slug: str
    label: str
    rows: Sequence[ComparedRow]
    shared: str = ""


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """The whole comparison. Of its ``total`` rows, ``hidden`` rows were left out because their cells agree."""

    columns: Sequence[Column]
    groups: Sequence[RowGroup]
    hidden: int = 0
    total: int = 0
    differing: int = 0


def arrange(table: ComparedTable, state: State) -> tuple[ComparedTable, list[str]]:
    """Return the table sorted and narrowed as the state says, and a notice about a row that is not there."""
    notices = []
    rows = {row.slug: row for group in table.groups for row in group.rows}
    slug = state.sort.removeprefix("-")
    columns = list(table.columns)
    if state.sort and slug not in rows:
        notices.append(unknown_sort(state.sort))
    elif state.sort:
        columns = _sorted(rows[slug], descending=state.sort.startswith("-"))
    places = {column.slug: place for place, column in enumerate(columns)}
    groups, hidden = [], 0
    for group in table.groups:
        kept = [row for row in group.rows if row.differs or not state.only_differences]
        hidden += len(group.rows) - len(kept)
        if kept:
            groups.append(replace(group, rows=[_placed(row, places, state.sort) for row in kept]))
    return ComparedTable(columns, groups, hidden, len(rows), sum(row.differs for row in rows.values())), notices


def _placed(row: ComparedRow, places: dict[str, int], sort: str) -> ComparedRow:
    is_sorted = sort.removeprefix("-") == row.slug
    return replace(
        row,
        cells=sorted(row.cells, key=lambda cell: places[cell.column.slug]),
        order=("descending" if sort.startswith("-") else "ascending") if is_sorted else "",
    )


def _sorted(row: ComparedRow, *, descending: bool) -> list[Column]:
    """Sort columns by the row's numbers (a variant by its best), or by words if it has none; unknown last."""
    known = [cell for cell in row.cells if cell.parts]
    unknown = [cell for cell in row.cells if not cell.parts]
    numbered = any(cell.numbers for cell in known)
    if numbered:
        unknown = [cell for cell in row.cells if not cell.numbers]
        known = [cell for cell in row.cells if cell.numbers]
        known.sort(key=lambda cell: _leading(cell, row), reverse=descending)
    else:
        known.sort(key=lambda cell: cell.parts[0].figure.text.casefold(), reverse=descending)
    return [cell.column for cell in (*known, *unknown)]


def _leading(cell: ComparedCell, row: ComparedRow) -> Decimal:
    return min(cell.numbers) if row.better == Better.LOWER else max(cell.numbers)
