"""The facts that are shipped are those that the code goes by."""

import pytest

from apps.guide import selectors
from apps.guide.models import (
    CodeModel,
    Fact,
    Source,
    StatementKind,
    Status,
)
from apps.inference.catalogue import all_models, all_sources
from apps.inference.catalogue.facts import Figure, Standing

pytestmark = pytest.mark.usefixtures("guide")


def slug_of(variant: str, size: str) -> str:
    return f"{size.lower()}-{variant}"


def test_the_models_are_those_of_the_catalogue() -> None:
    ours = {model.slug: (model.name, model.repositories) for model in CodeModel.objects.all()}
    assert ours == {
        slug_of(model.variant, model.size): (model.name, list(model.repositories)) for model in all_models()
    }


def test_abilities_are_those_of_the_catalogue() -> None:
    facts = selectors.facts_by_model()
    for model in all_models():
        known = facts[slug_of(model.variant, model.size)]
        assert known["chat"].support == model.chat.support
        assert known["completes"].support == model.complete.support
        assert known["infilling"].support == model.infill.support, model.name


def test_contexts_and_vocabulary_are_those_of_the_catalogue() -> None:
    facts = selectors.facts_by_model()
    for model in all_models():
        known = facts[slug_of(model.variant, model.size)]
        assert_same(known["trained-context"], model.trained_context)
        assert_same(known["claimed-context"], model.claimed_context)
        assert_same(known["planned-context"], model.planned_context)
        assert_same(known["vocabulary"], model.vocabulary)


def assert_same(fact: Fact, figure: Figure) -> None:
    assert fact.number == figure.value, str(fact)
    standings = {
        Standing.VERIFIED: Status.AGREED,
        Standing.DISPUTED: Status.CONFLICT,
        Standing.UNVERIFIED: Status.UNVERIFIED,
    }
    assert fact.kind == StatementKind.JUDGEMENT or fact.status == standings[figure.standing], str(fact)


def test_the_sources_of_the_catalogue_are_those_of_the_guide() -> None:
    ours = {source.key: source.url for source in Source.objects.all()}
    assert {key: source.url for key, source in all_sources().items()}.items() <= ours.items()
