"""One suite as the page shows it: chart, table, differences, and contradictions."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from apps.guide.benchmarks.chart import Panel, draw_panels
from apps.guide.benchmarks.figures import NAMES, SIZES, Measure, Suite
from apps.guide.benchmarks.patterns import Break, Difference, OrderBreak, differences, find_breaks, find_order_breaks
from apps.guide.benchmarks.query import Shown


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """A model's line of the table: a score for each measure, ``None`` where the paper has none."""

    variant: str
    name: str
    size: str
    scores: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class MeasureChoice:
    """A measure that the chart can show, and the address that shows it."""

    label: str
    query: str
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A suite, ready to be rendered; ``breaks`` and ``differences`` are of the chosen measure."""

    suite: Suite
    chosen: Measure
    choices: Sequence[MeasureChoice]
    panels: Sequence[Panel]
    rows: Sequence[SummaryRow]
    other_rows: Sequence[SummaryRow]
    breaks: Sequence[Break | OrderBreak]
    differences: Sequence[Difference]

    @property
    def columns(self) -> Sequence[tuple[str, str]]:
        """The headings of the table's columns, each with the part of the method that the heading omits."""
        return [(self.suite.label_of(measure), measure.unsaid_method) for measure in self.suite.measures]

    @property
    def breaks_by_expectation(self) -> dict[str, list[Break | OrderBreak]]:
        """The contradictions by expectation."""
        found: dict[str, list[Break | OrderBreak]] = {}
        for each in self.breaks:
            found.setdefault(each.expected, []).append(each)
        return found

    @property
    def sizes(self) -> Sequence[str]:
        return SIZES

    @property
    def has_marks(self) -> bool:
        return any(panel.has_break for panel in self.panels)


def summarise(suite: Suite, shown: Shown) -> Summary:
    """Return a suite ready to be rendered, with the chart in the measure that the URL chose."""
    own = {measure.slug for measure in suite.measures}
    chosen = suite.find(next((slug for slug in shown.measures if slug in own), ""))
    is_single = len(suite.variants) == 1
    measured = suite.measures if is_single else [chosen]
    breaks = [
        found
        for measure in measured
        for found in find_breaks(measure)
        if {found.model[0], found.rival[0]} <= set(shown.variants)
    ]
    orders = [found for found in find_order_breaks(suite) if found.model[0] in shown.variants]
    return Summary(
        suite=suite,
        chosen=chosen,
        choices=[] if is_single else [_choice(suite, measure, chosen, shown) for measure in suite.measures],
        panels=draw_panels(suite, chosen, shown.variants),
        rows=_rows(suite, shown.variants),
        other_rows=[
            SummaryRow("", name, "", [measure.others.get(name) for measure in suite.measures]) for name in suite.others
        ],
        breaks=[*breaks, *orders],
        differences=[] if is_single else differences(chosen, shown.variants),
    )


def _choice(suite: Suite, measure: Measure, chosen: Measure, shown: Shown) -> MeasureChoice:
    own = {each.slug for each in suite.measures}
    kept = [slug for slug in shown.measures if slug not in own]
    query = [("measure", slug) for slug in [*kept, measure.slug]]
    query += [("suite", suite.slug) for suite in shown.suites] if len(shown.suites) == 1 else []
    query += [("variant", variant) for variant in shown.variants] if len(shown.variants) < len(NAMES) else []
    return MeasureChoice(suite.label_of(measure), urlencode(query), measure is chosen)


def _rows(suite: Suite, variants: Sequence[str]) -> list[SummaryRow]:
    return [
        SummaryRow(variant, NAMES[variant], size, scores)
        for variant in suite.variants
        if variant in variants
        for size in SIZES
        if any(scores := [measure.scores.get((variant, size)) for measure in suite.measures])
    ]
