"""Read the loaded scores for charts and tables."""

from collections.abc import Iterable

from apps.guide import selectors
from apps.guide.benchmarks.figures import Measure, Suite
from apps.guide.models import Better, Score


def read_suites() -> list[Suite]:
    """Return all suites in the order of the benchmarks; three queries. Those without a score are left out."""
    suites: dict[str, list[Measure]] = {}
    for row in selectors.benchmarks():
        if row.scores:
            suites.setdefault(row.benchmark.suite, []).append(_measure(row))
    return [Suite(name, measures) for name, measures in suites.items()]


def _measure(row: selectors.BenchmarkScores) -> Measure:
    benchmark, scores = row.benchmark, list(row.scores.values())
    return Measure(
        slug=benchmark.slug,
        label=benchmark.label,
        suite=benchmark.suite,
        method=benchmark.method,
        unsaid_method=benchmark.unsaid_method,
        language=benchmark.language,
        unit=benchmark.unit,
        note=benchmark.note,
        lower_is_better=benchmark.better == Better.LOWER,
        scores={(score.model.variant.slug, score.model.size): score.number for score in scores if score.model},
        others={score.other: score.number for score in row.others},
        cites=tuple(dict.fromkeys(_cites([*scores, *row.others]))),
        kinds=tuple(dict.fromkeys(score.get_kind_display() for score in scores)),
        checked=min((score.checked for score in scores if score.checked), default=None),
    )


def _cites(scores: Iterable[Score]) -> Iterable[tuple[str, str]]:
    for score in scores:
        yield from ((citation.source.key, citation.locator) for citation in score.citations.all())
