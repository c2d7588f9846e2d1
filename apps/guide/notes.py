"""Notes: the basis of each figure on a page. Figures with the same basis share a numbered note.

A figure shows the number as a mark. The note opens beside it, and is a footnote in print (``guide/_notes.html``).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from apps.guide.models import Cell, Citation, Fact, Score, StatementKind, Status
from apps.guide.models.facts import earliest_check


@dataclass(frozen=True, slots=True)
class SourceSection:
    """A source, and the section or table in it."""

    key: str
    number: int
    title: str
    url: str
    locator: str


@dataclass(frozen=True, slots=True)
class OtherReading:
    """The reading of another source."""

    text: str
    unit: str
    note: str
    places: tuple[SourceSection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The basis of a figure; ``readings`` hold what other sources say."""

    kind: str
    status: Status = Status.AGREED
    places: tuple[SourceSection, ...] = ()
    checked: date | None = None
    qualification: str = ""
    readings: tuple[OtherReading, ...] = ()

    @property
    def all_places(self) -> list[SourceSection]:
        """Every cited source once, including those of the other readings."""
        places = [*self.places, *(place for reading in self.readings for place in reading.places)]
        return list({place.key: place for place in places}.values())

    @property
    def is_conflict(self) -> bool:
        return self.status == Status.CONFLICT

    @property
    def is_unverified(self) -> bool:
        return self.status == Status.UNVERIFIED

    @property
    def is_plain(self) -> bool:
        """Return whether the sources agree and nothing is qualified, so that kind and sources say everything."""
        return not self.qualification and self.status == Status.AGREED


@dataclass(frozen=True, slots=True)
class Note:
    """A basis with its number on the page."""

    number: int
    basis: Basis


class Notes:
    """The notes of a page, numbered as they are first asked for."""

    def __init__(self) -> None:
        self._notes: dict[Basis, Note] = {}

    def __iter__(self) -> Iterator[Note]:
        return iter(self._notes.values())

    def source_keys(self) -> set[str]:
        """Return the keys of all sources that the notes cite."""
        return {place.key for basis in self._notes for place in basis.all_places}

    def note(self, basis: Basis) -> Note:
        """Return the note of a basis; figures with the same basis get the same note."""
        return self._notes.setdefault(basis, Note(len(self._notes) + 1, basis))


def basis_of(statement: Cell | Fact | Score) -> Basis:
    """Return the basis of a statement; its citations, and the readings of a fact, must be prefetched."""
    citations = list(statement.citations.all())
    basis = Basis(
        kind=StatementKind(statement.kind).label,
        places=_places(citations),
        checked=earliest_check(citations) if isinstance(statement, Cell) else statement.checked,
        qualification=statement.qualification,
    )
    if isinstance(statement, Fact):
        return replace(basis, status=Status(statement.status), readings=_readings(statement))
    return basis


def _readings(fact: Fact) -> tuple[OtherReading, ...]:
    return tuple(
        OtherReading(
            reading.text,
            fact.attribute.unit if reading.number is not None else "",
            reading.note,
            _places(reading.citations.all()),
        )
        for reading in fact.readings.all()
    )


def _places(citations: Iterable[Citation]) -> tuple[SourceSection, ...]:
    return tuple(
        SourceSection(
            citation.source.key, citation.source.number, citation.source.title, citation.source.url, citation.locator
        )
        for citation in citations
    )
