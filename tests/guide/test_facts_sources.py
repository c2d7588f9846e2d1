"""Every fact and score that is shipped has a source and the day of its check; conflicts show both sides."""

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.guide import selectors
from apps.guide.models import (
    Citation,
    Fact,
    Gpu,
    Quantization,
    Reading,
    Score,
    Section,
    Source,
    Status,
    Term,
)
from apps.guide.prose import find_citations
from tests.guide.model_slugs import SIZES, VARIANTS

pytestmark = pytest.mark.usefixtures("guide")


@pytest.mark.parametrize("model", [Fact, Score, Gpu, Quantization])
def test_every_statement_has_a_source(model: type[Fact] | type[Score] | type[Gpu] | type[Quantization]) -> None:
    rows = model.objects.prefetch_related("citations")
    assert len(rows) > 5
    assert [str(row) for row in rows if not row.citations.all()] == []


def test_every_statement_has_the_day_it_was_checked() -> None:
    facts = selectors.facts()
    assert len(facts) > 400
    assert [str(fact) for fact in facts if not fact.checked] == []
    benchmarks = selectors.benchmarks()
    assert [str(score) for found in benchmarks for score in found.scores.values() if not score.checked] == []


def test_conflicts_show_both_sides_with_their_sources() -> None:
    conflicts = Fact.objects.filter(status=Status.CONFLICT).prefetch_related("readings__citations")
    assert len(conflicts) >= 6
    assert all(fact.readings.all() for fact in conflicts)
    assert [
        str(reading) for reading in Reading.objects.prefetch_related("citations") if not reading.citations.all()
    ] == []
    about = set(conflicts.values_list("model__slug", "attribute__slug"))
    assert {("70b-instruct", "infilling"), ("70b-base", "infilling"), ("7b-instruct", "infilling")} <= about
    assert ("13b-instruct", "max-positions") in about
    # An author of the paper settled these: https://github.com/meta-llama/codellama/issues/188.
    assert (
        not {
            (f"70b-{variant}", attribute)
            for variant in ("python", "instruct")
            for attribute in ("trained-context", "planned-context", "max-positions", "rope-theta")
        }
        & about
    )


def test_every_source_is_cited_by_something() -> None:
    prose = [*Section.objects.values_list("body", flat=True), *Term.objects.values_list("definition", flat=True)]
    cited = set(Citation.objects.values_list("source__key", flat=True))
    cited |= {key for text in prose for _, key in find_citations(text)}
    assert [source.key for source in Source.objects.all() if source.key not in cited] == []


def test_reading_everything_takes_few_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_max_num_queries(4):
        assert len(selectors.facts_by_model()) == 12
    with django_assert_max_num_queries(3):
        assert len(selectors.benchmarks()) > 30
    with django_assert_max_num_queries(1):
        assert [model.slug for model in selectors.models()] == [f"{z}-{v}" for v in VARIANTS for z in SIZES]
