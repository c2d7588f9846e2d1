"""Write the comparison as CSV and as JSON, with the basis of every figure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any

from apps.guide.comparing.figures import CellPart, ComparedCell, Figure
from apps.guide.comparing.table import ComparedRow, ComparedTable
from apps.guide.models import Citation
from apps.guide.models.base import plain

# Spreadsheets read these as the beginning of a formula, except in plain numbers.
FORMULA = re.compile(r"^\s*[=+\-@＝＋－＠|%\t\r\n]")
NUMBER = re.compile(r"^[+-]?\d[\d,]*(\.\d+)?$", re.ASCII)


def as_csv(table: ComparedTable, notices: Sequence[str] = ()) -> str:
    """Return a line for each row; a column with the basis follows each column. Notices come last."""
    out = io.StringIO()
    writer = csv.writer(out)
    names = [part for column in table.columns for part in (column.name, f"{column.name}: rests on")]
    writer.writerow(safe(text) for text in ("Group", "Figure", "Unit", *names))
    for group in table.groups:
        for row in group.rows:
            cells = [part for cell in row.cells for part in (_text(cell), _basis(cell))]
            writer.writerow(safe(text) for text in (group.label, row.full_label, row.unit, *cells))
    for notice in notices:
        writer.writerow(["Notice", safe(notice), "", *[""] * len(names)])
    return out.getvalue()


def safe(text: str) -> str:
    """Return text that no spreadsheet runs as a formula: such text gets an apostrophe in front, numbers stay."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.match(text) else text


def as_json(table: ComparedTable, notices: Sequence[str]) -> dict[str, Any]:
    """Return columns, groups, rows and figures as plain values."""
    return {
        "notices": list(notices),
        "columns": [
            {"slug": column.slug, "name": column.name, "models": [model.slug for model in column.models]}
            for column in table.columns
        ],
        "rows_left_out": table.hidden,
        "groups": [
            {"slug": group.slug, "label": group.label, "rows": [_row(row) for row in group.rows]}
            for group in table.groups
        ],
    }


def _text(cell: ComparedCell) -> str:
    return "; ".join(_sized(part, part.figure.text) for part in cell.parts) or "No figure found"


def _sized(part: CellPart, text: str) -> str:
    return f"{', '.join(part.sizes)}: {text}" if part.sizes else text


def _basis(cell: ComparedCell) -> str:
    return " | ".join(_sized(part, _rests_on(part.figure)) for part in cell.parts)


def _rests_on(figure: Figure) -> str:
    said = [figure.kind.label]
    if figure.checked:
        said.append(f"checked {figure.checked.isoformat()}")
    if figure.is_unverified:
        said.append("not verified")
    said += [_place(citation) for citation in figure.citations]
    if figure.qualification:
        said.append(figure.qualification)
    for reading in figure.readings:
        places = ", ".join(_place(citation) for citation in reading.citations.all())
        said.append(f"sources disagree: {reading.text} ({places})")
    return "; ".join(said)


def _place(citation: Citation) -> str:
    return " ".join(part for part in (citation.source.title, citation.locator, f"<{citation.source.url}>") if part)


def _row(row: ComparedRow) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "label": row.full_label,
        "unit": row.unit,
        "note": row.note,
        "better": row.better,
        "differs": row.differs,
        "cells": [
            {"column": cell.column.slug, "figures": [_figure(part) for part in cell.parts]} for cell in row.cells
        ],
    }


def _figure(part: CellPart) -> dict[str, Any]:
    figure = part.figure
    return {
        "sizes": list(part.sizes),
        "text": figure.text,
        "number": None if figure.number is None else float(plain(figure.number)),
        "kind": figure.kind.value,
        "status": figure.status.value,
        "qualification": figure.qualification,
        "checked_on": figure.checked.isoformat() if figure.checked else None,
        "sources": _sources(figure.citations),
        "conflicts": [
            {"text": reading.text, "note": reading.note, "sources": _sources(reading.citations.all())}
            for reading in figure.readings
        ],
    }


def _sources(citations: Iterable[Citation]) -> list[dict[str, str]]:
    return [
        {
            "key": citation.source.key,
            "title": citation.source.title,
            "place": citation.locator,
            "url": citation.source.url,
        }
        for citation in citations
    ]
