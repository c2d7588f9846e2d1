"""Read the state from an address and make the comparison."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from django.http import QueryDict

from apps.guide.comparing.figures import Column
from apps.guide.comparing.selectors import offered, read_columns, read_table
from apps.guide.comparing.state import LEAST_PICKS, MOST_PICKS, State, read_state
from apps.guide.comparing.table import ComparedTable, arrange
from apps.guide.models import Citation, Source

# The default picks.
USUAL = ("7b-base", "7b-python", "7b-instruct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The comparison's page: ``offered`` models pass the filters, ``table`` holds the picked models."""

    state: State
    notices: Sequence[str]
    offered: Sequence[Column]
    table: ComparedTable

    @property
    def sources(self) -> Sequence[Source]:
        """All sources of the table, by number."""
        found = {citation.source.number: citation.source for citation in _citations(self.table)}
        return [found[number] for number in sorted(found)]


def compare(query: QueryDict) -> Comparison | None:
    """Return the comparison that an address asks for; ``None`` while the guide's models are not loaded."""
    columns = {column.slug: column for column in read_columns()}
    if not columns:
        return None
    state, notices = read_state(query, list(columns))
    narrowed = offered(list(columns.values()), state)
    if not state.picks:
        state = replace(state, picks=_usual(narrowed, state))
    if not state.picks:
        notices.append("No model meets all of these filters.")
    elif len(state.picks) < LEAST_PICKS:
        notices.append("One alone is nothing to compare: pick two to four.")
    picked = [columns[slug] for slug in state.picks]
    table, more = arrange(read_table(picked), state) if picked else (ComparedTable([], []), [])
    if more:
        state = state.sorted_by("")
    return Comparison(
        state=state,
        notices=[*notices, *more],
        offered=[column for column in columns.values() if column in narrowed or column in picked],
        table=table,
    )


def _usual(narrowed: Sequence[Column], state: State) -> list[str]:
    if not state.is_filtered:
        return list(USUAL)
    return [column.slug for column in narrowed if not column.is_variant][:MOST_PICKS]


def _citations(table: ComparedTable) -> Iterator[Citation]:
    for group in table.groups:
        for row in group.rows:
            for cell in row.cells:
                for part in cell.parts:
                    yield from part.figure.citations
                    for reading in part.figure.readings:
                        yield from reading.citations.all()
