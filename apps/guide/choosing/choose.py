"""Decide by the guide's rules, with the models, their sources, and the endpoints here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.http import urlencode
from django.utils.safestring import SafeString

from apps.guide import selectors
from apps.guide.choosing.answers import Answers
from apps.guide.choosing.decide import Candidate, Decision, Statement, decide
from apps.guide.choosing.evidence import benchmark_for, retrieval_at
from apps.guide.choosing.languages import MEASURED
from apps.guide.choosing.memory import Room
from apps.guide.choosing.rules import MODELS
from apps.guide.choosing.selectors import Serving, read_rules, read_scores, read_serving, read_shapes
from apps.guide.examples import fill_url, try_url
from apps.guide.models import CodeModel, Score, Source
from apps.guide.prose import citation_link, split_citation

# Measured retrieval is perfect up to this length.
SHORT_CONTEXT = 8192


@dataclass(frozen=True, slots=True)
class Cite:
    """A place in a source."""

    source: Source
    place: str

    @property
    def mark(self) -> SafeString:
        """The citation as a link into the list of sources."""
        return citation_link(self.source.key, self.source.number, self.place)


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with its citations. Without citations it is ``computed`` here, or our own judgement."""

    text: str
    cites: Sequence[Cite]
    computed: bool

    @property
    def basis(self) -> str:
        """The kind of a sentence without citations, in words."""
        return "" if self.cites else "Computed here" if self.computed else "Our judgement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A suitable model. ``has_gap``: the task is to fill in the middle; ``calculation`` is the calculator's query."""

    model: CodeModel
    reasons: Sequence[Reason]
    cautions: Sequence[Reason]
    rooms: Sequence[Room]
    serving: Serving
    has_gap: bool
    calculation: str

    @property
    def room(self) -> Room | None:
        """The recommended way to run the model on the cards; ``None`` if the GPU is not decided."""
        return next(iter(self.rooms), None)

    @property
    def try_url(self) -> str:
        """The address to try the model here; empty if no endpoint serves it."""
        if not self.serving.is_served:
            return ""
        slug = self.model.variant.slug
        return fill_url() if self.has_gap and slug == "base" else try_url(slug)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An unsuitable model, and the reasons."""

    model: CodeModel
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The chooser's answer; without a recommendation if no model suits. ``why`` explains the order."""

    answers: Answers
    why: Sequence[Reason]
    recommended: Suggestion | None
    runner_up: Suggestion | None
    also: Sequence[Suggestion]
    left_out: Sequence[LeftOut]

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """All suitable models, best first."""
        return [suggestion for suggestion in (self.recommended, self.runner_up, *self.also) if suggestion]

    @property
    def left_out_together(self) -> Sequence[tuple[Sequence[CodeModel], Sequence[Reason]]]:
        """The unsuitable models, grouped by their reasons."""
        groups: dict[tuple[str, ...], tuple[list[CodeModel], Sequence[Reason]]] = {}
        for left_out in self.left_out:
            key = tuple(reason.text for reason in left_out.reasons)
            groups.setdefault(key, ([], left_out.reasons))[0].append(left_out.model)
        return list(groups.values())

    @property
    def sources(self) -> Sequence[Source]:
        """All cited sources, by number."""
        statements = [*self.why, *(reason for left_out in self.left_out for reason in left_out.reasons)]
        statements += [reason for one in self.suggestions for reason in (*one.reasons, *one.cautions)]
        found = {cite.source.number: cite.source for statement in statements for cite in statement.cites}
        return [found[number] for number in sorted(found)]


def choose(answers: Answers) -> Choice | None:
    """Recommend a model for the answers, in a few queries; return ``None`` while the models are not loaded."""
    models = {model.slug: model for model in selectors.models()}
    shapes = read_shapes()
    if not all(slug in models and slug in shapes for slug in MODELS):
        return None
    teller = _Teller(models, {source.key: source for source in selectors.sources()}, read_scores())
    return teller.tell(answers, decide(answers, read_rules(), shapes, teller.numbers))


@dataclass(frozen=True, slots=True)
class _Teller:
    """Replaces slugs and source keys by their rows."""

    models: Mapping[str, CodeModel]
    sources: Mapping[str, Source]
    scores: Mapping[str, Mapping[str, Score]]

    def tell(self, answers: Answers, decision: Decision) -> Choice:
        serving = read_serving()
        suggestions = [
            Suggestion(
                model=self.models[candidate.model],
                reasons=[*self.reasons(candidate.reasons), *self.in_the_language(candidate.model, answers, decision)],
                cautions=[*self.retrieval(candidate.model, answers), *self.reasons(candidate.cautions)],
                rooms=candidate.rooms,
                serving=serving.get(candidate.model, Serving()),
                has_gap=answers.after == "yes",
                calculation=_calculation(candidate, answers),
            )
            for candidate in decision.candidates
        ]
        return Choice(
            answers=answers,
            why=self.reasons(decision.why),
            recommended=suggestions[0] if suggestions else None,
            runner_up=suggestions[1] if len(suggestions) > 1 else None,
            also=suggestions[2:],
            left_out=[LeftOut(self.models[left.model], self.reasons(left.reasons)) for left in decision.excluded],
        )

    def reasons(self, statements: Sequence[Statement]) -> list[Reason]:
        return [Reason(one.text, self.cites(one.sources), one.computed) for one in statements]

    def in_the_language(self, model: str, answers: Answers, decision: Decision) -> list[Reason]:
        """Compare the model's score in the language with models of its size, if that score decided the order.

        Only suitable models are named, so the recommended model has the highest score shown.
        """
        scores = self.scores.get(benchmark_for(answers.language), {})
        score = scores.get(model)
        if decision.by != "scores" or answers.language not in MEASURED or score is None or answers.after == "yes":
            return []
        candidates = {candidate.model for candidate in decision.candidates} - {model}
        others = [slug for slug in scores if slug in candidates and self.models[slug].size == self.models[model].size]
        beside = " and ".join(f"{self.models[slug].variant.slug.title()} {scores[slug].text}" for slug in others)
        text = f"Solves {score.text} % of the {score.benchmark.language} problems of MultiPL-E at the first try"
        return [Reason(f"{text}; at this size, {beside} %." if beside else f"{text}.", _cites(score), computed=False)]

    def retrieval(self, model: str, answers: Answers) -> list[Reason]:
        """Return how often the model found a key in a text of about that length; nothing for short texts."""
        if answers.context <= SHORT_CONTEXT:
            return []
        found = [self.scores[slug].get(model) for slug in retrieval_at(answers.context, self.numbers)]
        scores = [score for score in found if score]
        if not scores:
            return [Reason("The paper has no key retrieval for this model.", self.cites(["paper T17"]), computed=False)]
        length = scores[0].benchmark.slug.split("-")[1].removesuffix("k")
        shares = ", ".join(score.text for score in scores[:-1]) + f" and {scores[-1].text}"
        text = f"At {length},000 tokens, finds a key at the start, after a fifth and after two fifths of the text in"
        return [Reason(f"{text} {shares} % of the trials.", _cites(scores[0]), computed=False)]

    @property
    def numbers(self) -> Mapping[str, Mapping[str, float]]:
        return {
            benchmark: {model: float(score.number) for model, score in by_model.items()}
            for benchmark, by_model in self.scores.items()
        }

    def cites(self, spellings: Sequence[str]) -> list[Cite]:
        places = [split_citation(spelling) for spelling in spellings]
        return [Cite(self.sources[key], place) for key, place in places if key in self.sources]


def _cites(score: Score) -> list[Cite]:
    return [Cite(citation.source, citation.locator) for citation in score.citations.all()]


def _calculation(candidate: Candidate, answers: Answers) -> str:
    """Return the calculator's query for the recommended way to run a model."""
    query: dict[str, str | int] = {"model": candidate.model, "context": answers.context}
    if candidate.room and answers.cards:
        query |= {"gpu": answers.gpu, "weights": candidate.room.form.slug, "kv": candidate.room.cache.slug}
    return urlencode(query)
