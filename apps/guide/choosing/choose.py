"""``choose``: the decision by the guide's rules, with the models, their sources, and what is served here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from apps.guide import selectors
from apps.guide.choosing.answers import Answers
from apps.guide.choosing.decide import Decision, Statement, decide
from apps.guide.choosing.memory import Room
from apps.guide.choosing.rules import MODELS
from apps.guide.choosing.selectors import Serving, read_rules, read_scores_in, read_serving, read_shapes
from apps.guide.examples import try_url
from apps.guide.models import CodeModel, Score, Source
from apps.guide.prose import citation_link, split_citation


@dataclass(frozen=True, slots=True)
class Cite:
    """A place in a source."""

    source: Source
    place: str

    @property
    def mark(self) -> SafeString:
        """The link to it in the list of sources."""
        return citation_link(self.source.key, self.source.number, self.place)


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with its citations; without any it is ``computed`` here, or our own judgement."""

    text: str
    cites: Sequence[Cite]
    computed: bool

    @property
    def basis(self) -> str:
        """What it rests on, in words, where it cites nothing."""
        return "" if self.cites else "Computed here" if self.computed else "Our judgement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A model that would do."""

    model: CodeModel
    reasons: Sequence[Reason]
    cautions: Sequence[Reason]
    room: Room | None
    serving: Serving

    @property
    def try_url(self) -> str:
        """Where to try it here; empty where nothing here can."""
        return try_url(self.model.variant.slug) if self.serving.is_served else ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A model that is not for this, and why."""

    model: CodeModel
    reasons: Sequence[Reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer; nothing is recommended where no model is for this. ``why`` says what the order goes by."""

    answers: Answers
    why: Sequence[Reason]
    recommended: Suggestion | None
    runner_up: Suggestion | None
    also: Sequence[Suggestion]
    left_out: Sequence[LeftOut]

    @property
    def suggestions(self) -> Sequence[Suggestion]:
        """All that would do, best first."""
        return [suggestion for suggestion in (self.recommended, self.runner_up, *self.also) if suggestion]

    @property
    def left_out_together(self) -> Sequence[tuple[Sequence[CodeModel], Sequence[Reason]]]:
        """The models that are not for this, by the reasons that they share."""
        groups: dict[tuple[str, ...], tuple[list[CodeModel], Sequence[Reason]]] = {}
        for left_out in self.left_out:
            key = tuple(reason.text for reason in left_out.reasons)
            groups.setdefault(key, ([], left_out.reasons))[0].append(left_out.model)
        return list(groups.values())

    @property
    def sources(self) -> Sequence[Source]:
        """All sources it cites, by number."""
        statements = [*self.why, *(reason for left_out in self.left_out for reason in left_out.reasons)]
        statements += [reason for one in self.suggestions for reason in (*one.reasons, *one.cautions)]
        found = {cite.source.number: cite.source for statement in statements for cite in statement.cites}
        return [found[number] for number in sorted(found)]


def choose(answers: Answers) -> Choice | None:
    """Recommend a model for those answers, in nine queries at most; ``None`` while the models are not loaded."""
    models = {model.slug: model for model in selectors.models()}
    shapes = read_shapes()
    if not all(slug in models and slug in shapes for slug in MODELS):
        return None
    decision = decide(answers, read_rules(), shapes)
    scores = read_scores_in(answers.language) if answers.after == "no" else {}
    return _Teller(models, {source.key: source for source in selectors.sources()}, scores).tell(answers, decision)


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts rows in the place of slugs and keys."""

    models: Mapping[str, CodeModel]
    sources: Mapping[str, Source]
    scores: Mapping[str, Score]

    def tell(self, answers: Answers, decision: Decision) -> Choice:
        serving = read_serving()
        suggestions = [
            Suggestion(
                model=self.models[candidate.model],
                reasons=[*self.reasons(candidate.reasons), *self.in_the_language(candidate.model)],
                cautions=self.reasons(candidate.cautions),
                room=candidate.room,
                serving=serving.get(candidate.model, Serving()),
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

    def in_the_language(self, model: str) -> list[Reason]:
        """How the model does in the language that was named, and how the others of its size do."""
        score = self.scores.get(model)
        if score is None:
            return []
        size = self.models[model].size
        others = [slug for slug in self.scores if slug != model and self.models[slug].size == size]
        beside = " and ".join(f"{self.models[slug].variant.slug.title()} {self.scores[slug].text}" for slug in others)
        text = f"Solves {score.text} % of the {score.benchmark.language} problems of MultiPL-E at the first try"
        cites = [Cite(citation.source, citation.locator) for citation in score.citations.all()]
        return [Reason(f"{text}; at this size, {beside} %." if beside else f"{text}.", cites, computed=False)]

    def cites(self, spellings: Sequence[str]) -> list[Cite]:
        places = [split_citation(spelling) for spelling in spellings]
        return [Cite(self.sources[key], place) for key, place in places if key in self.sources]
