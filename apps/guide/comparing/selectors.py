"""Reads of the comparison; the number of queries does not grow with the picked models."""

from collections.abc import Mapping, Sequence
from itertools import takewhile

from django.db.models import Prefetch

from apps.guide import selectors
from apps.guide.comparing.figures import Column, Figure, figure_of_fact, figure_of_score, make_cell
from apps.guide.comparing.state import State
from apps.guide.comparing.table import ComparedRow, ComparedTable, RowGroup
from apps.guide.hardware.catalogue import catalogue
from apps.guide.hardware.fit import RESERVE
from apps.guide.hardware.selectors import read_cards
from apps.guide.models import Attribute, Benchmark, CodeModel, Fact, Score, Support, Variant

# The groups of attributes before the scores; the others follow them.
FIRST = (Attribute.Group.ABILITIES, Attribute.Group.CONTEXT)
AFTER = (Attribute.Group.MEMORY, Attribute.Group.TRAINING, Attribute.Group.ARCHITECTURE, Attribute.Group.RELEASE)
# Filters by attribute: an ability that is at least disputed, or a number.
BY_ABILITY = {"complete": "completes", "infill": "infilling", "chat": "chat"}
LONG_CONTEXT = 100_000
# GB of a card, as the shared table of cards finds it.
CARDS = {"card-24": "24", "card-80": "80"}


def read_columns() -> list[Column]:
    """Return everything that can be picked: the variants, then the models; one query."""
    models = list(selectors.models())
    variants: dict[Variant, list[CodeModel]] = {}
    for model in models:
        variants.setdefault(model.variant, []).append(model)
    columns = [Column(variant.slug, variant.name, variant, own, True) for variant, own in variants.items()]
    return columns + [Column(model.slug, model.name, model.variant, [model], False) for model in models]


def offered(columns: Sequence[Column], state: State) -> list[Column]:
    """Return the columns that pass the filters; at most three queries. A variant passes if one of its models does."""
    if not state.is_filtered:
        return list(columns)
    fitting = {
        model.slug
        for column in columns
        for model in column.models
        if not state.sizes or model.size.lower() in state.sizes
    }
    if state.task or state.can:
        fitting &= _able(state, _room(state.can))
    return [column for column in columns if any(model.slug in fitting for model in column.models)]


def read_table(columns: Sequence[Column]) -> ComparedTable:
    """Return all rows with content in these columns; eight queries."""
    slugs = {model.slug for column in columns for model in column.models}
    facts = selectors.facts_by_model(slugs)
    groups = {group.slug: group for group in selectors.attribute_groups()}
    first = [_attributes(groups[slug], columns, facts) for slug in FIRST if slug in groups]
    after = [_attributes(groups[slug], columns, facts) for slug in AFTER if slug in groups]
    found = [*first, *_scores(columns, slugs), *after]
    return ComparedTable(columns, [group for group in found if group.rows])


def _room(ability: str) -> float:
    """Return the GiB that weights can take on the chosen card; two queries if a card was chosen."""
    if ability not in CARDS:
        return 0
    meant = catalogue(read_cards().values()).find(CARDS[ability])
    return meant.cards.usable_gib * (1 - RESERVE) if meant.cards else 0


def _able(state: State, room: float) -> set[str]:
    wanted = {"claimed-context", "weights-16-bit", *BY_ABILITY.values()}
    rows = Fact.objects.filter(attribute__slug__in=wanted)
    values = {
        (model, attribute): (support, number)
        for model, attribute, support, number in rows.values_list("model__slug", "attribute__slug", "support", "number")
    }
    return {model for model, _ in values if _meets(values, model, state, room)}


def _meets(values: Mapping[tuple[str, str], tuple[str, object]], model: str, state: State, room: float) -> bool:
    if state.task:
        support, _ = values.get((model, BY_ABILITY[state.task]), ("", None))
        if support not in {Support.YES, Support.DISPUTED}:
            return False
    if state.can == "long":
        _, claimed = values.get((model, "claimed-context"), ("", None))
        return claimed is not None and float(str(claimed)) >= LONG_CONTEXT
    if state.can:
        _, weights = values.get((model, "weights-16-bit"), ("", None))
        return weights is not None and float(str(weights)) <= room
    return True


def _attributes(
    group: selectors.AttributeGroup, columns: Sequence[Column], facts: Mapping[str, Mapping[str, Fact]]
) -> RowGroup:
    rows = []
    for attribute in group.attributes:
        figures = {
            slug: figure_of_fact(known[attribute.slug]) for slug, known in facts.items() if attribute.slug in known
        }
        rows.append(_row(attribute, columns, figures))
    return RowGroup(group.slug, group.label, [row for row in rows if not row.is_empty])


def _scores(columns: Sequence[Column], slugs: set[str]) -> list[RowGroup]:
    scores = Score.objects.filter(model__slug__in=slugs).select_related("model")
    groups: dict[str, list[ComparedRow]] = {}
    labels: dict[str, list[str]] = {}
    for benchmark in Benchmark.objects.prefetch_related(Prefetch("scores", scores.prefetch_related(selectors.cited()))):
        figures = {score.model.slug: figure_of_score(score) for score in benchmark.scores.all() if score.model}
        row = _row(benchmark, columns, figures)
        groups.setdefault(benchmark.suite, []).extend([] if row.is_empty else [row])
        labels.setdefault(benchmark.suite, []).append(benchmark.label)
    return [RowGroup(_slug(suite), suite, rows, _shared(labels[suite])) for suite, rows in groups.items()]


def _shared(labels: Sequence[str]) -> str:
    """Return the words with which all labels of a suite begin; empty for a single label."""
    if len(labels) == 1:
        return ""
    places = zip(*(label.split(" ") for label in labels), strict=False)
    return "".join(f"{words[0]} " for words in takewhile(lambda words: len(set(words)) == 1, places))


def _row(about: Attribute | Benchmark, columns: Sequence[Column], figures: dict[str, Figure]) -> ComparedRow:
    return ComparedRow(
        slug=about.slug,
        label=about.label,
        method=about.unsaid_method if isinstance(about, Benchmark) else "",
        unit=about.unit,
        note=about.note,
        better=about.better,
        cells=[make_cell(column, figures) for column in columns],
    )


def _slug(suite: str) -> str:
    return "scores-" + "".join(character if character.isalnum() else "-" for character in suite.lower())
