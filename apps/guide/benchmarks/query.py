"""Read the URL of the benchmarks' page; ignore unknown parts and add a notice for each."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import QueryDict

from apps.guide.benchmarks.figures import NAMES, VARIANTS, Suite


@dataclass(frozen=True, slots=True)
class Shown:
    """The suites, variants and chart measures to show, and notices about the rest of the URL."""

    suites: Sequence[Suite]
    variants: Sequence[str]
    measures: Sequence[str]
    faults: Sequence[str]


def read_shown(query: QueryDict, suites: Sequence[Suite]) -> Shown:
    """Return the suites and measures to show: all, if the URL chooses none."""
    by_slug = {suite.slug: suite for suite in suites}
    measures = {measure.slug for suite in suites for measure in suite.measures}
    asked = {name: [value for value in query.getlist(name) if value] for name in ("suite", "variant", "measure")}
    faults = [f"“{name[:40]}” means nothing here and is left out." for name in query if name not in asked]
    faults += [
        f"There is no benchmark “{slug[:40]}”; it is left out." for slug in asked["suite"] if slug not in by_slug
    ]
    faults += [f"There is no variant “{slug[:40]}”; it is left out." for slug in asked["variant"] if slug not in NAMES]
    faults += [
        f"There is no score “{slug[:40]}”; the usual ones are shown."
        for slug in asked["measure"]
        if slug not in measures
    ]
    return Shown(
        suites=[by_slug[slug] for slug in by_slug if slug in asked["suite"]] or suites,
        variants=[variant for variant in VARIANTS if variant in asked["variant"]] or VARIANTS,
        measures=[slug for slug in asked["measure"] if slug in measures],
        faults=faults,
    )
