"""The list of the twelve models: a few figures of each, with notes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from apps.guide.model_pages.page import HEADLINE_BENCHMARK, StatedFact, StatedScore
from apps.guide.models import CodeModel, Score
from apps.guide.notes import Notes, basis_of
from apps.guide.selectors import RenderedSection, cited, facts

LISTED_FACTS = ("infilling", "planned-context", "weights-16-bit")


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model with its figures; facts in the order of ``LISTED_FACTS``."""

    model: CodeModel
    facts: Sequence[StatedFact | None]
    score: StatedScore | None
    summary: SafeString


def list_models(summaries: Iterable[RenderedSection], notes: Notes) -> Sequence[ListedModel]:
    """Return the twelve with a few figures each; their notes go into ``notes``. Seven queries at most."""
    known: dict[tuple[int, str], StatedFact] = {}
    for fact in facts().filter(attribute__slug__in=LISTED_FACTS):
        known[fact.model_id, fact.attribute.slug] = StatedFact(fact, notes.note(basis_of(fact)))
    scored = Score.objects.select_related("benchmark").filter(benchmark__slug=HEADLINE_BENCHMARK)
    listed = scored.prefetch_related(cited())
    scores = {score.model_id: StatedScore(score, notes.note(basis_of(score))) for score in listed}
    html = {rendered.section.slug: rendered.html for rendered in summaries}
    return [
        ListedModel(
            model,
            [known.get((model.pk, name)) for name in LISTED_FACTS],
            scores.get(model.pk),
            html.get(model.slug, SafeString("")),
        )
        for model in CodeModel.objects.select_related("variant")
    ]
