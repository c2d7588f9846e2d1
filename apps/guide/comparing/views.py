"""Compare models and variants: the page, CSV and JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.comparing.compare import Comparison, compare
from apps.guide.comparing.downloads import as_csv, as_json
from apps.guide.comparing.figures import Column
from apps.guide.comparing.shown import show_table
from apps.guide.comparing.state import ABILITIES, SIZES, TASKS
from apps.guide.models import Variant
from apps.guide.views.reading import reading_page


@dataclass(slots=True)
class Offer:
    """The models of a variant that can be picked: all together, or single models."""

    variant: Variant
    columns: list[Column]


@reading_page
def show_compare(request: HttpRequest) -> HttpResponse:
    """Compare the models and variants in the address."""
    guide = selectors.read_page("compare")
    comparison = compare(request.GET) if guide else None
    if guide is None or comparison is None:
        return render(request, "guide/compare.html", {"guide": None})
    sources = sorted({*guide.sources, *comparison.sources}, key=lambda source: source.number)
    return render(
        request,
        "guide/compare.html",
        {
            "guide": replace(guide, sources=sources),
            "comparison": comparison,
            "shown": show_table(comparison.table),
            "heads": [(column, comparison.state.without(column.slug).query) for column in comparison.table.columns],
            "offers": _offers(comparison.offered),
            "tasks": TASKS,
            "sizes": SIZES,
            "abilities": ABILITIES,
        },
    )


@reading_page
def compare_csv(request: HttpRequest) -> HttpResponse:
    """Send the comparison to a spreadsheet."""
    comparison = compare(request.GET)
    if comparison is None:
        return _empty()
    disposition = 'attachment; filename="code-llama-comparison.csv"'
    return HttpResponse(
        as_csv(comparison.table, comparison.notices),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


@reading_page
def compare_json(request: HttpRequest) -> HttpResponse:
    """Send the comparison to a program."""
    comparison = compare(request.GET)
    if comparison is None:
        return _empty()
    return JsonResponse(_as_json(comparison), json_dumps_params={"ensure_ascii": False, "indent": 2})


def _as_json(comparison: Comparison) -> dict[str, object]:
    return as_json(comparison.table, comparison.notices)


def _empty() -> JsonResponse:
    error = {"message": "The guide has no content yet.", "type": "unavailable", "param": None, "code": None}
    return JsonResponse({"error": error}, status=HTTPStatus.SERVICE_UNAVAILABLE)


def _offers(columns: Sequence[Column]) -> list[Offer]:
    offers: dict[str, Offer] = {}
    for column in columns:
        offers.setdefault(column.variant.slug, Offer(column.variant, [])).columns.append(column)
    return list(offers.values())
