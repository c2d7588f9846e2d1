"""Scores by variant and size, for charts, tables and patterns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

SIZES = ("7B", "13B", "34B", "70B")
VARIANTS = ("base", "python", "instruct")
NAMES = {"base": "Base", "python": "Python", "instruct": "Instruct"}
Cites = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One benchmark in one way of scoring: ``scores`` by (variant, size), ``others`` of models quoted beside them.

    ``method`` is the metric with the number of examples; ``unsaid_method`` is the part that the label leaves out.
    ``kinds`` are the scores' statement kinds; ``checked`` is the earliest day on which a score was checked.
    """

    slug: str
    label: str
    suite: str
    method: str
    unsaid_method: str = ""
    language: str
    unit: str
    note: str
    lower_is_better: bool = False
    scores: Mapping[tuple[str, str], Decimal]
    others: Mapping[str, Decimal]
    cites: Cites
    kinds: tuple[str, ...] = ()
    checked: date | None = None

    @property
    def is_about_python(self) -> bool:
        """Return whether the benchmark is about Python, so that the Python variant is expected to lead."""
        return self.language == "Python"

    @property
    def variants(self) -> list[str]:
        """The variants that have a score."""
        return [variant for variant in VARIANTS if any(key[0] == variant for key in self.scores)]


@dataclass(frozen=True, slots=True)
class Suite:
    """Measures that stand in one chart and one table."""

    name: str
    measures: Sequence[Measure]

    @property
    def slug(self) -> str:
        return "-".join(self.name.lower().split())

    @property
    def variants(self) -> list[str]:
        return [variant for variant in VARIANTS if any(variant in measure.variants for measure in self.measures)]

    @property
    def sizes(self) -> list[str]:
        """The sizes that have a score."""
        return [size for size in SIZES if any(key[1] == size for measure in self.measures for key in measure.scores)]

    @property
    def others(self) -> list[str]:
        """The other models that are quoted."""
        return list(dict.fromkeys(name for measure in self.measures for name in measure.others))

    @property
    def methods(self) -> list[str]:
        """The metrics with the number of examples, each once."""
        return list(dict.fromkeys(measure.method for measure in self.measures))

    @property
    def notes(self) -> list[str]:
        """The remarks on its measures, each once."""
        return list(dict.fromkeys(measure.note for measure in self.measures if measure.note))

    @property
    def kinds(self) -> list[str]:
        """The statement kinds of its scores, each once."""
        return list(dict.fromkeys(kind for measure in self.measures for kind in measure.kinds))

    @property
    def checked(self) -> date | None:
        """The earliest day on which a score was compared with its source."""
        return min((measure.checked for measure in self.measures if measure.checked), default=None)

    @property
    def headline(self) -> Measure:
        """The measure that stands for the suite: an average over languages, or else its first measure."""
        languages = {measure.language for measure in self.measures}
        averages = [measure for measure in self.measures if not measure.language] if len(languages) > 1 else []
        return (averages or self.measures)[0]

    def label_of(self, measure: Measure) -> str:
        """Return the part of a measure's label that differs from the other measures of the suite."""
        shared = {each.label.partition(", ")[0] for each in self.measures}
        label = measure.label.partition(", ")[2] if len(shared) == 1 else ""
        return label[:1].upper() + label[1:] if label and not label.startswith("pass@") else label or measure.label

    @property
    def cites(self) -> Cites:
        return tuple(dict.fromkeys(cite for measure in self.measures for cite in measure.cites))

    def find(self, slug: str) -> Measure:
        """Return the measure of that name, or the headline."""
        return next((measure for measure in self.measures if measure.slug == slug), self.headline)
