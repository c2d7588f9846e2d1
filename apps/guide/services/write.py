"""Write rows as content files and revisions spell them: columns, references, citations and readings."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model

from apps.guide.models import Citation, Fact, FromFile, Reading, Source, digest
from apps.guide.prose import split_citation


class Writer:
    """Fills rows of the guide. It looks their references up once; use it inside one transaction."""

    def __init__(self) -> None:
        self._found: dict[type[FromFile], dict[str, FromFile]] = {}

    def knows(self, model: type[FromFile], rows: Mapping[str, FromFile]) -> None:
        """Use these rows of a model, by identity, instead of looking them up."""
        self._found[model] = dict(rows)

    def create[Row: FromFile](
        self, model: type[Row], wanted: Sequence[tuple[Mapping[str, Any], dict[str, Any]]]
    ) -> list[Row]:
        """Create rows from their names and contents, in a few queries."""
        rows = [self._fill(model(), {**named_by, **content}, content) for named_by, content in wanted]
        model.rows().bulk_create(rows)
        self._write_parts([(row, content) for row, (_, content) in zip(rows, wanted, strict=True)])
        return rows

    def update(self, row: FromFile, content: dict[str, Any], *, loaded: bool) -> None:
        """Write ``content`` into the row, as loaded from a file or as an edit."""
        before = row.loaded_digest
        self._fill(row, content, content)
        if not loaded:
            row.loaded_digest = before
        row.save()
        if "citations" in row.with_rows:
            Citation.objects.filter(**{row._meta.model_name or "": row}).delete()
        if isinstance(row, Fact):
            row.readings.all().delete()
        self._write_parts([(row, content)])

    def _fill[Row: FromFile](self, row: Row, values: Mapping[str, Any], content: dict[str, Any]) -> Row:
        references = row.references()
        for name, value in values.items():
            if name in references:
                setattr(row, name, self._find(references[name], value))
            elif name not in ("sources", "readings"):
                setattr(row, name, _column(row, name).to_python(value))
        row.loaded_digest = digest(content)
        return row

    def _find(self, model: type[FromFile], identity: str) -> FromFile | None:
        if not identity:
            return None
        if model not in self._found:
            self._found[model] = {row.identity: row for row in model.rows()}
        return self._found[model][identity]

    def _key_of(self, model: type[FromFile], identity: str) -> int:
        row = self._find(model, identity)
        if row is None:
            raise KeyError(identity)
        return int(row.pk)

    def _write_parts(self, written: Sequence[tuple[FromFile, dict[str, Any]]]) -> None:
        """Write the citations and readings of rows that have none."""
        cited: list[tuple[Model, list[str]]] = [(row, content.get("sources", [])) for row, content in written]
        readings: list[Reading] = []
        for row, content in written:
            for order, said in enumerate(content.get("readings", [])):
                values = {name: said[name] for name in ("text", "number", "note")}
                readings.append(Reading(fact_id=row.pk, order=order, **values))
                cited.append((readings[-1], said["sources"]))
        Reading.objects.bulk_create(readings)
        Citation.objects.bulk_create(
            citation for row, spellings in cited for citation in self._citations(row, spellings)
        )

    def _citations(self, row: Model, spellings: Sequence[str]) -> list[Citation]:
        places = [split_citation(spelling) for spelling in spellings]
        return [
            Citation(
                source_id=self._key_of(Source, key), locator=place, order=order, **{row._meta.model_name or "": row}
            )
            for order, (key, place) in enumerate(places)
        ]


def _column(row: Model, name: str) -> "Field[Any, Any]":
    column = row._meta.get_field(name)
    if not isinstance(column, Field):
        raise FieldDoesNotExist(name)
    return column
