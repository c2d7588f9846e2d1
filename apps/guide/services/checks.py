"""Check that the content files agree with each other; the first fault raises ``ContentError``."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from apps.guide.errors import ContentError
from apps.guide.models import FromFile, Reading, StatementKind, Status
from apps.guide.prose import find_citations, find_faulty_examples, split_citation
from apps.guide.services.records import Content, Record
from apps.guide.services.tables import TABLES, ContentTable

# Text in which sources may be cited.
PROSE_FIELDS = ("body", "definition")


def check_content(content: Content) -> None:
    """Check names, references and citations of all records, and the constraints between tables."""
    known: dict[type[FromFile], set[str]] = {}
    sources = {record.identity for record in content["sources"]}
    for table in TABLES:
        records = content[table.name]
        _check_unique(table, records)
        known[table.model] = {record.identity for record in records}
        for record in records:
            _check_values(record, table.model, record.values)
            _check_references(record, known)
            _check_citations(record, sources)
    _check_no_gaps(content, "features", "variants", "cells")
    _check_no_gaps(content, "attributes", "models", "facts")
    _check_readings(content)
    _check_shots(content)
    _check_see_also(content)


def _check_unique(table: ContentTable, records: list[Record]) -> None:
    for name in (None, *table.unique):
        seen: set[object] = set()
        for record in records:
            value = record.values[name] if name else record.identity
            if value in seen:
                field = name or table.model.named_by[0]
                raise record.error(f"{field} {value!r} is there twice", field=field)
            seen.add(value)


def _check_values(record: Record, model: type[Model], values: Mapping[str, Any]) -> None:
    """Refuse values that the database's columns could not store unchanged."""
    for name, value in values.items():
        if isinstance(value, str) and "\0" in value:
            raise record.error(f"{name} holds a NUL character", field=name)
        if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
            try:
                model._meta.get_field(name).run_validators(value)  # type: ignore[union-attr]
            except ValidationError as error:
                raise record.error(f"{name} {value}: {' '.join(error.messages)}", field=name) from None
    for reading in values.get("readings", []):
        _check_values(record, Reading, reading)


def _check_references(record: Record, known: dict[type[FromFile], set[str]]) -> None:
    for name, model in record.table.model.references().items():
        value = record.values[name]
        if value and value not in known[model]:
            raise record.error(f"there is no {name} {value!r}", field=name)


def _check_citations(record: Record, sources: set[str]) -> None:
    values = record.values
    cited = list(values.get("sources", []))
    if (
        "sources" in values
        and not cited
        and record.table.needs_source
        and values.get("kind") != StatementKind.JUDGEMENT
    ):
        raise record.error("names no source and is not marked as our judgement")
    for spelling in cited:
        _check_source(record, sources, spelling, "sources")
    for reading in values.get("readings", []):
        for spelling in reading["sources"]:
            _check_source(record, sources, spelling, "readings")
    for field in PROSE_FIELDS:
        for line, reason in _prose_faults(values.get(field, ""), sources):
            # A section's body begins after its heading and the blank lines under it.
            raise _prose_error(record, reason, line) if record.path else record.error(reason, field=field)


def _prose_faults(text: str, sources: set[str]) -> Iterator[tuple[int, str]]:
    for line, key in find_citations(text):
        if key not in sources:
            yield line, f"there is no source {key!r}"
    yield from find_faulty_examples(text)


def _check_source(record: Record, sources: set[str], spelling: str, field: str) -> None:
    key, _ = split_citation(spelling)
    if key not in sources:
        raise record.error(f"there is no source {key!r}", field=field)


def _prose_error(record: Record, reason: str, line_in_body: int) -> ContentError:
    assert record.path is not None  # noqa: S101 - the caller has looked
    before = record.path.read_text(encoding="utf-8").partition(record.values["body"])[0]
    return ContentError(record.path, reason, line=before.count("\n") + line_in_body)


def _check_no_gaps(content: Content, rows: str, columns: str, cells: str) -> None:
    given = {record.identity for record in content[cells]} | {
        "/".join(reversed(record.identity.split("/"))) for record in content[cells]
    }
    for row in content[rows]:
        for column in content[columns]:
            if f"{row.identity}/{column.identity}" not in given:
                raise row.error(f"{row.identity!r} has no {cells[:-1]} for {column.identity!r}")


def _check_readings(content: Content) -> None:
    for fact in content["facts"]:
        if (fact.values["status"] == Status.CONFLICT) != bool(fact.values["readings"]):
            raise fact.error("a conflict, and only a conflict, has readings", field="status")


def _check_shots(content: Content) -> None:
    for benchmark in content["benchmarks"]:
        metric = benchmark.values["metric"]
        if metric.startswith("pass@") and benchmark.values["shots"] is None:
            raise benchmark.error(f"{metric} needs shots, the number of examples in the prompt", field="metric")


def _check_see_also(content: Content) -> None:
    terms = {record.identity for record in content["terms"]}
    for record in content["terms"]:
        for slug in record.values["see_also"]:
            if slug not in terms:
                raise record.error(f"there is no term {slug!r}", field="see_also")
