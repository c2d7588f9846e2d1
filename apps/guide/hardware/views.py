"""The hardware calculator: its page, and the same as JSON."""

from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.hardware.answer import Answer, answer
from apps.guide.hardware.forms import read
from apps.guide.hardware.report import report
from apps.guide.hardware.selectors import read_known
from apps.guide.views.reading import reading_page

JSON_OPTIONS = {"ensure_ascii": False, "indent": 2}


@reading_page
def show_hardware(request: HttpRequest) -> HttpResponse:
    """Show how much memory a model needs, and on which cards it fits."""
    guide = selectors.read_page("hardware")
    known = read_known()
    if guide is None or not known.is_complete:
        return render(request, "guide/hardware.html", {"guide": None})
    question, form, faults = read(request.GET, known)
    result = answer(question, known)
    cited = {source.key for source in guide.sources} | set(_keys(result))
    sources = selectors.sources()
    return render(
        request,
        "guide/hardware.html",
        {
            "guide": replace(guide, sections=[], sources=[source for source in sources if source.key in cited]),
            "prose": guide.sections,
            "form": form,
            "faults": [fault for fault in faults if not fault.field],
            "answer": result,
            "query": urlencode(question.query),
            "numbers": {source.key: source.number for source in sources},
        },
    )


@reading_page
def hardware_json(request: HttpRequest) -> HttpResponse:
    """Return the calculation as JSON; refuse values that the page would replace by a default."""
    known = read_known()
    if not known.is_complete:
        return _refuse("The guide has no content yet.", {}, HTTPStatus.SERVICE_UNAVAILABLE)
    question, _form, faults = read(request.GET, known)
    if faults:
        return _refuse(
            " ".join(fault.reason for fault in faults),
            {fault.field: [fault.reason] for fault in faults if fault.field},
            HTTPStatus.UNPROCESSABLE_CONTENT,
        )
    return JsonResponse(report(answer(question, known)), json_dumps_params=JSON_OPTIONS)


def _keys(result: Answer) -> Iterable[str]:
    groups = [warning.cites for warning in result.warnings]
    groups += [row.fit.card.cites for row in result.rows]
    groups += [command.server.cites for command in result.commands]
    groups += [result.question.form.cites, result.question.model.shape_cites]
    return (key for group in groups for key, _ in group)


def _refuse(message: str, fields: dict[str, object], status: HTTPStatus) -> JsonResponse:
    param = next(iter(fields), None)
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": None}
    return JsonResponse({"error": error}, status=status, json_dumps_params=JSON_OPTIONS)
