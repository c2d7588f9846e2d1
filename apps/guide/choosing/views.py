"""Choosing a model: a few questions in the address, the answer under them, and the same as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.choosing.answers import QUESTIONS, Answers, Option, Question, read_answers
from apps.guide.choosing.choose import choose
from apps.guide.choosing.report import report
from apps.guide.choosing.selectors import Serving, read_catalogue, read_serving
from apps.guide.models import Source
from apps.guide.views.reading import live_page

# Characters of a typed GPU name that are shown again.
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class Field:
    """A question with the answer given, as the form shows it."""

    question: Question
    value: str

    @property
    def options(self) -> Sequence[Option]:
        """The options; a free answer becomes an option for this time."""
        if self.value in self.question.values:
            return self.question.options
        return [*self.question.options, Option(self.value, f"{int(self.value):,} tokens")]


def _served() -> frozenset[tuple[str, Serving]]:
    return frozenset(read_serving().items())


@live_page(_served)
def show_choose(request: HttpRequest) -> HttpResponse:
    """Show the questions with the recommendation beside them; unanswered questions take their first option."""
    guide = selectors.read_page("choose")
    known = read_catalogue()
    given = _given(request)
    answers, notices = read_answers(given, known)
    choice = choose(answers) if guide else None
    if guide is None or choice is None:
        return render(request, "guide/choose.html", {"guide": None})
    typed = {"gpu": given.get("gpu", "")[:LONGEST_NAME]}
    return render(
        request,
        "guide/choose.html",
        {
            "guide": replace(guide, sources=_sources(guide, choice.sources)),
            "fields": [
                Field(question, typed.get(question.name, answers.value(question.name)))
                for question in QUESTIONS
                if question.applies(answers)
            ],
            "cards": list(known.cards.values()),
            "notices": notices,
            "choice": choice,
            "query": urlencode(_query(answers)),
        },
    )


@live_page(_served)
def choose_json(request: HttpRequest) -> HttpResponse:
    """Return the recommendation as JSON; faulty parameters are ignored and named in ``notices``, as on the page."""
    answers, notices = read_answers(_given(request), read_catalogue())
    choice = choose(answers)
    if choice is None:
        error = {"message": "The guide has no content yet.", "type": "unavailable", "param": None, "code": None}
        return JsonResponse({"error": error}, status=HTTPStatus.SERVICE_UNAVAILABLE)
    return JsonResponse(report(choice, notices), json_dumps_params={"ensure_ascii": False, "indent": 2})


def _given(request: HttpRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.GET.items()}


def _query(answers: Answers) -> dict[str, str]:
    return {question.name: value for question in QUESTIONS if (value := answers.value(question.name))}


def _sources(guide: selectors.GuidePage, cited: Sequence[Source]) -> list[Source]:
    return sorted({*guide.sources, *cited}, key=lambda source: source.number)
