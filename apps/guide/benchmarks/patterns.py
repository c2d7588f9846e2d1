"""Find scores that contradict expectations.

Expected: a larger model of a variant scores higher; the Python variant leads at its size in Python; tuning, as Python
or Instruct, costs nothing against Base.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from apps.guide.benchmarks.figures import NAMES, SIZES, Measure, Suite

Key = tuple[str, str]
# Here a tie is expected.
TUNING = "Tuning costs nothing"


@dataclass(frozen=True, slots=True)
class Break:
    """One contradiction: ``model`` was expected to lead but scores ``points`` below ``rival``; 0 is a tie."""

    expected: str
    model: Key
    rival: Key
    score: Decimal
    rival_score: Decimal

    @property
    def points(self) -> Decimal:
        return abs(self.rival_score - self.score)

    @property
    def sentence(self) -> str:
        model, rival = (f"{NAMES[variant]} {size}" for variant, size in (self.model, self.rival))
        if not self.points:
            return f"{model} only equals {rival} ({self.score:.1f})."
        side = "below" if self.score < self.rival_score else "above"
        return f"{model} ({self.score:.1f}) scores {self.points:.1f} {side} {rival} ({self.rival_score:.1f})."


def find_breaks(measure: Measure) -> list[Break]:
    """Return every contradiction of a measure: by size first, then against the other variants."""
    return [*_smaller_is_better(measure), *_python_does_not_lead(measure), *_tuning_costs(measure)]


def _compare(measure: Measure, expected: str, model: Key, rival: Key) -> Iterator[Break]:
    score, rival_score = measure.scores.get(model), measure.scores.get(rival)
    if score is None or rival_score is None:
        return
    is_worse = score > rival_score if measure.lower_is_better else score < rival_score
    if is_worse or (score == rival_score and expected != TUNING):
        yield Break(expected, model, rival, score, rival_score)


def _smaller_is_better(measure: Measure) -> Iterator[Break]:
    for variant in measure.variants:
        sizes = [size for size in SIZES if (variant, size) in measure.scores]
        for smaller, larger in pairwise(sizes):
            yield from _compare(measure, "Larger is better", (variant, larger), (variant, smaller))


def _python_does_not_lead(measure: Measure) -> Iterator[Break]:
    if measure.is_about_python:
        for size in SIZES:
            for rival in ("base", "instruct"):
                yield from _compare(measure, "Python leads on Python", ("python", size), (rival, size))


def _tuning_costs(measure: Measure) -> Iterator[Break]:
    variants = ("instruct",) if measure.is_about_python else ("python", "instruct")
    for variant in variants:
        for size in SIZES:
            yield from _compare(measure, TUNING, (variant, size), ("base", size))


@dataclass(frozen=True, slots=True)
class OrderBreak:
    """A model that scores higher with the prefix first (PSM) than with the suffix first (SPM)."""

    model: Key
    what: str
    psm: Decimal
    spm: Decimal
    expected = "SPM does better than PSM"

    @property
    def sentence(self) -> str:
        variant, size = self.model
        lead = self.psm - self.spm
        return (
            f"{NAMES[variant]} {size}, {self.what}: PSM ({self.psm:.1f}) scores {lead:.1f} above SPM ({self.spm:.1f})."
        )


def find_order_breaks(suite: Suite) -> list[OrderBreak]:
    """Return the models that score higher in PSM, though SPM is usually better; pairs end in ``-psm`` and ``-spm``."""
    by_slug = {measure.slug: measure for measure in suite.measures}
    pairs = [
        (measure, by_slug[f"{slug.removesuffix('psm')}spm"])
        for slug, measure in by_slug.items()
        if slug.endswith("-psm") and f"{slug.removesuffix('psm')}spm" in by_slug
    ]
    return [
        OrderBreak(model, suite.label_of(psm).removesuffix(", PSM"), score, spm.scores[model])
        for psm, spm in pairs
        for model, score in psm.scores.items()
        if model in spm.scores and score > spm.scores[model]
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of the table of differences: points by size, ``None`` where one of the two has no score."""

    label: str
    points: list[Decimal | None]


def differences(measure: Measure, variants: Sequence[str]) -> list[Difference]:
    """Return by how many points each of ``variants`` leads another, size by size."""
    rows = []
    for variant, rival in (("python", "base"), ("instruct", "base"), ("instruct", "python")):
        points = [_difference(measure.scores.get((variant, size)), measure.scores.get((rival, size))) for size in SIZES]
        if {variant, rival} <= set(variants) and any(point is not None for point in points):
            rows.append(Difference(f"{NAMES[variant]} − {NAMES[rival]}", points))
    return rows


def _difference(score: Decimal | None, rival: Decimal | None) -> Decimal | None:
    return None if score is None or rival is None else score - rival
