"""Rank the models by answers, rules, shapes and scores, with reasons. Asks no database."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from apps.guide.choosing.answers import Answers
from apps.guide.choosing.evidence import HUMANEVAL, Scores, benchmark_for, retrieval_of, score_in
from apps.guide.choosing.memory import KV, Room, least_room, rooms_by_model, usable_gib
from apps.guide.choosing.rules import MODELS, ChoosingRule, holds
from apps.guide.hardware.memory import Shape, kv_bytes_per_token
from apps.guide.models.conditions import When

# Used before the rules are loaded, and if edited rules don't cover all answers.
NOTHING_HOLDS = ChoosingRule(
    slug="", kind="ranking", when=When(), models=[], text="The guide has no rule for these answers."
)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer with its citations as content files spell them; a judgement has none."""

    text: str
    sources: Sequence[str] = ()
    computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A suitable model, with the reasons for and against it, and the ways to run it on the cards, if any."""

    model: str
    reasons: Sequence[Statement]
    cautions: Sequence[Statement]
    rooms: Sequence[Room] = ()

    @property
    def room(self) -> Room | None:
        """The recommended way to run the model; ``None`` without cards."""
        return next(iter(self.rooms), None)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """An unsuitable model, with all reasons."""

    model: str
    reasons: Sequence[Statement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The suitable ``candidates``, best first. ``why`` names the measure ``by`` which they are ordered."""

    why: Sequence[Statement]
    by: str
    candidates: Sequence[Candidate]
    excluded: Sequence[Exclusion]


@dataclass(slots=True)
class _Work:
    """The rules that hold for these answers, by effect."""

    answers: Answers
    rules: Sequence[ChoosingRule]
    shapes: Mapping[str, Shape]
    scores: Scores
    rooms: Mapping[str, Sequence[Room]]

    def holding(self, kind: str) -> list[ChoosingRule]:
        return [rule for rule in self.rules if rule.kind == kind and holds(rule.when, self.answers)]

    def first(self, kind: str) -> ChoosingRule | None:
        return next(iter(self.holding(kind)), None)

    def statements(self, kind: str, model: str) -> list[Statement]:
        """Return the sentences about the model from rules of one effect, given how it fits on the cards."""
        room = next(iter(self.rooms[model]), None)
        quantized, small_cache = bool(room and room.is_quantized), bool(room and room.has_small_cache)
        return [
            Statement(rule.text, rule.sources)
            for rule in self.holding(kind)
            if rule.is_about(model) and rule.fits(quantized=quantized, small_cache=small_cache)
        ]

    def key(self, order: ChoosingRule) -> Callable[[str], float]:
        """Return the sort key of a candidate; the smallest comes first."""
        answers, scores = self.answers, self.scores
        keys: dict[str, Callable[[str], float]] = {
            "scores": lambda model: -score_in(model, benchmark_for(answers.language), scores),
            "humaneval": lambda model: -score_in(model, HUMANEVAL, scores),
            "retrieval": lambda model: -retrieval_of(model, answers, scores),
            "size": lambda model: self.shapes[model].layers,
            "requests": self.requests_key,
            "listed": order.place,
        }
        return keys[order.by]

    def requests_key(self, model: str) -> float:
        """Most requests first; without cards, the least KV cache first."""
        if self.answers.cards is None:
            return kv_bytes_per_token(self.shapes[model], KV)
        return -max((room.requests for room in self.rooms[model]), default=0)


def decide(answers: Answers, rules: Sequence[ChoosingRule], shapes: Mapping[str, Shape], scores: Scores) -> Decision:
    """Apply the rules; every model becomes either a candidate or an exclusion with reasons."""
    work = _Work(answers, rules, shapes, scores, rooms_by_model(shapes, answers))
    ranking = work.first("ranking") or NOTHING_HOLDS
    against = {model: _against(work, ranking, model) for model in MODELS}
    remaining = [model for model in ranking.order() if not against[model]]
    order = work.first("order")
    remaining = _sort(remaining, work, order)
    why = [ranking, order] if order and len(remaining) > 1 else [ranking]
    return Decision(
        why=[Statement(rule.text, rule.sources) for rule in why],
        by=order.by if order else "",
        candidates=[_candidate(work, model) for model in remaining],
        excluded=[Exclusion(model, reasons) for model, reasons in against.items() if reasons],
    )


def _sort(remaining: list[str], work: _Work, order: ChoosingRule | None) -> list[str]:
    """Sort the candidates of a ranking by the order's measure; ties by score, then as in the ranking.

    The published scores measure continuing a text, so they are not used when a gap is to be filled.
    """
    if work.answers.after == "no":
        benchmark = benchmark_for(work.answers.language)
        remaining = sorted(remaining, key=lambda model: -score_in(model, benchmark, work.scores))
    return sorted(remaining, key=work.key(order)) if order else remaining


def _candidate(work: _Work, model: str) -> Candidate:
    return Candidate(
        model=model,
        reasons=work.statements("reason", model),
        cautions=work.statements("caution", model),
        rooms=work.rooms[model],
    )


def _against(work: _Work, ranking: ChoosingRule, model: str) -> list[Statement]:
    """Return every reason that excludes the model; empty for a candidate."""
    reasons = work.statements("exclusion", model)
    if not reasons and model not in ranking.order():
        reasons.append(Statement(ranking.otherwise or ranking.text, ranking.sources))
    cards, context = work.answers.cards, work.answers.context
    if cards is not None and not work.rooms[model]:
        least = least_room(work.shapes[model], cards, context)
        text = (
            f"Does not fit on {cards}: at {least.label} it needs {least.weights_gib + least.kv_gib:.1f} GiB for "
            f"{context:,} tokens, and {usable_gib(cards):.1f} GiB may be used."
        )
        reasons.append(Statement(text, computed=True))
    return reasons
