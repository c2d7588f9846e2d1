"""The benchmarks' page."""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.benchmarks.figures import NAMES
from apps.guide.benchmarks.query import read_shown
from apps.guide.benchmarks.selectors import read_suites
from apps.guide.benchmarks.summary import summarise
from apps.guide.views.reading import reading_page

FIRST = 3  # suites to show at once; the others are folded


@reading_page
def show_benchmarks(request: HttpRequest) -> HttpResponse:
    """Show charts of the scores, and the scores that contradict expectations."""
    guide = selectors.read_page("benchmarks")
    suites = read_suites()
    if guide is None or not suites:
        return render(request, "guide/benchmarks.html", {"guide": None})
    shown = read_shown(request.GET, suites)
    summaries = [summarise(suite, shown) for suite in shown.suites]
    others = summaries[FIRST:]
    cited = {source.key for source in guide.sources} | {key for suite in shown.suites for key, _ in suite.cites}
    sources = selectors.sources()
    return render(
        request,
        "guide/benchmarks.html",
        {
            "guide": replace(guide, sections=[], sources=[source for source in sources if source.key in cited]),
            "prose": guide.sections,
            "shown": shown,
            "all_suites": suites,
            "variants": NAMES,
            "summaries": summaries[:FIRST],
            "others": others,
            "is_open": any(measure.slug in shown.measures for summary in others for measure in summary.suite.measures),
            "numbers": {source.key: source.number for source in sources},
        },
    )
