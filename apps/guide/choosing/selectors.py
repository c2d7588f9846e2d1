"""Reads of the chooser: rules, shapes, cards, scores, and the models that endpoints here serve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from django.db.models import Q

from apps.endpoints.models import Endpoint, Health
from apps.guide import models, selectors
from apps.guide.choosing.evidence import AVERAGE, BY_LANGUAGE, HUMANEVAL
from apps.guide.choosing.rules import ChoosingRule
from apps.guide.hardware.catalogue import Catalogue, catalogue
from apps.guide.hardware.memory import Shape
from apps.guide.hardware.selectors import read_cards
from apps.guide.kept_reads import kept_read
from apps.guide.models.conditions import When


@dataclass(frozen=True, slots=True)
class Serving:
    """A model that enabled endpoints here serve; tells if one of them is up. Holds no addresses."""

    is_served: bool = False
    is_up: bool = False


@kept_read
def read_rules() -> Sequence[ChoosingRule]:
    """Return the rules in their order; two queries for an edition. A rule that an edit made unreadable is left out."""
    found = models.Rule.objects.prefetch_related(selectors.cited())
    return [rule for row in found if (rule := _rule(row))]


def read_shapes() -> Mapping[str, Shape]:
    """Return the shapes of the models by slug; one query."""
    return {
        slug: Shape(
            layers=shape.layers,
            hidden=shape.hidden_size,
            heads=shape.attention_heads,
            kv_heads=shape.kv_heads,
            head_size=shape.head_size,
            feed_forward=shape.feed_forward_size,
            vocabulary=shape.vocabulary,
        )
        for slug, shape in selectors.shapes().items()
    }


@kept_read
def read_scores() -> Mapping[str, Mapping[str, models.Score]]:
    """Return the scores that order models, by benchmark and then by model; two queries for an edition."""
    counts = Q(benchmark__slug__in=[HUMANEVAL, AVERAGE, *BY_LANGUAGE.values()])
    counts |= Q(benchmark__slug__startswith="retrieval-")
    found = models.Score.objects.filter(counts, model__isnull=False).select_related("model", "benchmark")
    scores: dict[str, dict[str, models.Score]] = {}
    for score in found.prefetch_related(selectors.cited()).order_by("model__order"):
        if score.model:
            scores.setdefault(score.benchmark.slug, {})[score.model.slug] = score
    return scores


@kept_read
def read_catalogue() -> Catalogue:
    """Return the cards and machines that people may name; two queries for an edition."""
    return catalogue(read_cards().values())


def read_serving() -> Mapping[str, Serving]:
    """Return the models that endpoints here serve, by slug; one query."""
    found: dict[str, Serving] = {}
    for size, variant, health in Endpoint.objects.enabled().exclude(size="").values_list("size", "variant", "health"):
        slug = f"{size.lower()}-{variant}"
        is_up = health in {Health.HEALTHY, Health.DEGRADED} or found.get(slug, Serving()).is_up
        found[slug] = Serving(is_served=True, is_up=is_up)
    return found


def _rule(row: models.Rule) -> ChoosingRule | None:
    try:
        when = msgspec.convert(row.when, When)
        return msgspec.convert(
            {
                "slug": row.slug,
                "kind": row.kind,
                "when": when,
                "models": row.models,
                "by": row.by,
                "text": row.text,
                "otherwise": row.otherwise,
                "sources": [citation.spelling for citation in row.citations.all()],
            },
            ChoosingRule,
        )
    except msgspec.ValidationError:
        return None
