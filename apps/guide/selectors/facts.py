"""Reads of the twelve models, their facts, scores and shapes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet

from apps.guide.models import Attribute, Benchmark, Citation, CodeModel, Fact, Reading, Score

# The facts that make a shape: attribute by field of ``ShapeFacts``.
SHAPE_ATTRIBUTES = {
    "layers": "layers",
    "hidden_size": "hidden-size",
    "attention_heads": "attention-heads",
    "kv_heads": "kv-heads",
    "head_size": "head-size",
    "feed_forward_size": "feed-forward-size",
    "vocabulary": "vocabulary",
    "parameters": "parameters",
    "planned_context": "planned-context",
}


@dataclass(frozen=True, slots=True)
class BenchmarkScores:
    """A benchmark with the scores of the twelve models, by slug, and of other models quoted beside them."""

    benchmark: Benchmark
    scores: Mapping[str, Score]
    others: Sequence[Score]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeFacts:
    """The facts for calculating memory. ``parameters`` is the exact count; ``planned_context`` is in tokens."""

    layers: int
    hidden_size: int
    attention_heads: int
    kv_heads: int
    head_size: int
    feed_forward_size: int
    vocabulary: int
    parameters: int
    planned_context: int


@dataclass(slots=True)
class AttributeGroup:
    """Attributes that stand under one heading."""

    slug: str
    label: str
    attributes: list[Attribute] = field(default_factory=list)


def cited() -> "Prefetch[str]":
    """Return the prefetch of a row's citations with their sources, in one query."""
    return Prefetch("citations", Citation.objects.select_related("source"))


def models() -> Sequence[CodeModel]:
    """Return the models with their variants, in the order of pages; one query."""
    return list(CodeModel.objects.select_related("variant"))


def attribute_groups() -> Sequence[AttributeGroup]:
    """Return all attributes by group, in the order of pages; one query."""
    groups = {value: AttributeGroup(value, str(label)) for value, label in Attribute.Group.choices}
    for attribute in Attribute.objects.all():
        groups[attribute.group].attributes.append(attribute)
    return [group for group in groups.values() if group.attributes]


def facts() -> QuerySet[Fact]:
    """Return facts with model, attribute, citations and readings; four queries at most."""
    readings = Prefetch("readings", Reading.objects.prefetch_related(cited()))
    return Fact.objects.select_related("model__variant", "attribute").prefetch_related(cited(), readings)


def facts_by_model(slugs: Iterable[str] | None = None) -> Mapping[str, Mapping[str, Fact]]:
    """Return facts by the model's slug, then by the attribute's; of all models, or of those named."""
    found = facts() if slugs is None else facts().filter(model__slug__in=list(slugs))
    by_model: dict[str, dict[str, Fact]] = {}
    for fact in found:
        by_model.setdefault(fact.model.slug, {})[fact.attribute.slug] = fact
    return by_model


def benchmarks(suites: Iterable[str] | None = None) -> Sequence[BenchmarkScores]:
    """Return the benchmarks with their scores and citations, in the order of pages; three queries."""
    scores = Prefetch("scores", Score.objects.select_related("model__variant", "benchmark").prefetch_related(cited()))
    found = Benchmark.objects.prefetch_related(scores)
    if suites is not None:
        found = found.filter(suite__in=list(suites))
    return [_with_scores(benchmark) for benchmark in found]


def shapes() -> Mapping[str, ShapeFacts]:
    """Return the shape of every model by slug; one query. A model with a missing figure is left out."""
    wanted = Fact.objects.filter(attribute__slug__in=SHAPE_ATTRIBUTES.values(), number__isnull=False)
    numbers: dict[str, dict[str, int]] = {}
    for model, attribute, number in wanted.values_list("model__slug", "attribute__slug", "number"):
        numbers.setdefault(model, {})[attribute] = int(number or 0)
    return {
        model: ShapeFacts(**{name: known[attribute] for name, attribute in SHAPE_ATTRIBUTES.items()})
        for model, known in numbers.items()
        if known.keys() >= set(SHAPE_ATTRIBUTES.values())
    }


def _with_scores(benchmark: Benchmark) -> BenchmarkScores:
    scores = list(benchmark.scores.all())
    return BenchmarkScores(
        benchmark=benchmark,
        scores={score.model.slug: score for score in scores if score.model},
        others=[score for score in scores if not score.model],
    )
