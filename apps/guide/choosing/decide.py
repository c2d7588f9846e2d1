"""The decision itself: answers, rules and shapes in, a ranking with reasons out. Asks no database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.guide.choosing.answers import Answers
from apps.guide.choosing.memory import Room, least_need, rooms_by_model, usable_gib
from apps.guide.choosing.rules import MODELS, Rule, When
from apps.guide.hardware.memory import Shape

# Until the rules are loaded, or where they have been edited to cover less than all answers.
NOTHING_HOLDS = Rule(slug="", kind="ranking", when=When(), models=[], text="The guide has no rule for these answers.")


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer and what it rests on: citations as content files spell them; none for a judgement."""

    text: str
    sources: Sequence[str] = ()
    computed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model that would do, with what speaks for it, what to mind, and how it sits on the cards, if they are known."""

    model: str
    reasons: Sequence[Statement]
    cautions: Sequence[Statement]
    room: Room | None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A model that is not for this, and every reason why."""

    model: str
    reasons: Sequence[Statement]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """``candidates`` best first; none of them where no model is for this. ``why`` says what the ranking goes by."""

    why: Sequence[Statement]
    candidates: Sequence[Candidate]
    excluded: Sequence[Exclusion]


@dataclass(slots=True)
class _Work:
    """The rules that hold for these answers, by what they do."""

    answers: Answers
    rules: Sequence[Rule]
    rooms: Mapping[str, Room | None]

    def holding(self, kind: str) -> list[Rule]:
        return [rule for rule in self.rules if rule.kind == kind and rule.when.holds(self.answers)]

    def first(self, kind: str) -> Rule | None:
        return next(iter(self.holding(kind)), None)

    def is_quantized(self, model: str) -> bool:
        room = self.rooms[model]
        return room is not None and room.is_quantized

    def statements(self, kind: str, model: str) -> list[Statement]:
        """What the rules of that kind say of the model, as it sits on the cards."""
        quantized = self.is_quantized(model)
        return [
            Statement(rule.text, rule.sources)
            for rule in self.holding(kind)
            if rule.is_about(model) and rule.when.quantized in {None, quantized}
        ]


def decide(answers: Answers, rules: Sequence[Rule], shapes: Mapping[str, Shape]) -> Decision:
    """Return what the rules recommend; every one of the models is either a candidate or excluded for a reason."""
    work = _Work(answers, rules, rooms_by_model(shapes, answers))
    ranking = work.first("ranking") or NOTHING_HOLDS
    against = {model: _against(work, ranking, model, shapes[model]) for model in MODELS}
    remaining = [model for model in ranking.order() if not against[model]]
    order = work.first("sizes") or (work.first("unquantized") if answers.cards else None)
    remaining = _sort(remaining, work, order)
    why = [ranking, order] if order and remaining else [ranking]
    return Decision(
        why=[Statement(rule.text, rule.sources) for rule in why],
        candidates=[_candidate(work, model) for model in remaining],
        excluded=[Exclusion(model, reasons) for model, reasons in against.items() if reasons],
    )


def _sort(remaining: list[str], work: _Work, order: Rule | None) -> list[str]:
    """Sort candidates that the ranking has in order already: by size, or within each variant by how they fit."""
    if order is None:
        return remaining
    if order.kind == "sizes":
        return sorted(remaining, key=order.place)
    variants = list(dict.fromkeys(_variant(model) for model in remaining))
    return sorted(remaining, key=lambda model: (variants.index(_variant(model)), work.is_quantized(model)))


def _variant(model: str) -> str:
    return model.partition("-")[2]


def _candidate(work: _Work, model: str) -> Candidate:
    return Candidate(
        model=model,
        reasons=work.statements("reason", model),
        cautions=work.statements("caution", model),
        room=work.rooms[model],
    )


def _against(work: _Work, ranking: Rule, model: str, shape: Shape) -> list[Statement]:
    """Every reason against a model; none for a candidate."""
    reasons = work.statements("exclusion", model)
    if not reasons and model not in ranking.order():
        reasons.append(Statement(ranking.otherwise or ranking.text, ranking.sources))
    cards = work.answers.cards
    if cards is not None and work.rooms[model] is None:
        least = least_need(shape, work.answers.context)
        text = (
            f"Does not fit on {cards}: at 4 bit it needs {least:.1f} GiB with {work.answers.context:,} tokens, "
            f"and {usable_gib(cards):.1f} GiB may be used."
        )
        reasons.append(Statement(text, computed=True))
    return reasons
