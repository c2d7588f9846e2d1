"""One calculation with its answer: figures, steps, all cards, cautions, and the servers' commands."""

from dataclasses import dataclass

from apps.guide.hardware.advice import Caution, usable_context, warn
from apps.guide.hardware.bar import MemoryBar, draw_bar
from apps.guide.hardware.command import limits, write_commands
from apps.guide.hardware.fit import Card, Fit, Need, Verdict, fewest_cards
from apps.guide.hardware.formula import Step, work_out
from apps.guide.hardware.memory import kv_bytes_per_token, weight_bytes
from apps.guide.hardware.question import HardwareQuestion, Known
from apps.guide.hardware.servers import ServerCommand


@dataclass(frozen=True, slots=True)
class CardRow:
    """A kind of card: the fit on the chosen number of cards, and the smallest number that fits."""

    fit: Fit
    fewest: Fit | None
    bar: MemoryBar


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """A line of the table beside the bar: label, bytes, and share of the memory."""

    slug: str
    letter: str
    label: str
    size: int
    of_memory: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Everything that page and JSON show. It has ``commands`` only if a server runs the model and it fits."""

    question: HardwareQuestion
    need: Need
    fit: Fit
    bar: MemoryBar
    steps: list[Step]
    rows: list[CardRow]
    warnings: list[Caution]
    commands: list[ServerCommand]

    @property
    def stops(self) -> Caution | None:
        """Return the reasons why no server can run this, even with enough memory."""
        return next((warning for warning in self.warnings if warning.stops), None)

    @property
    def fits(self) -> bool:
        return self.fit.verdict is not Verdict.NO

    @property
    def verdict(self) -> str:
        """The verdict that pages show; also ``no`` if no server can run this."""
        return Verdict.NO.value if self.stops else self.fit.verdict.value

    @property
    def here(self) -> CardRow:
        """The row of the chosen card, listed or not."""
        counts = [1] if self.fit.card.is_machine else self.question.model.shape.shard_counts
        return CardRow(self.fit, fewest_cards(self.need, self.fit.card, counts), self.bar)

    @property
    def room_for_sequences(self) -> int:
        """The number of sequences of the asked length that fit."""
        return self.fit.room_for_tokens // self.question.context

    @property
    def missing(self) -> int:
        """The number of missing bytes."""
        return max(0, -self.fit.headroom)

    @property
    def most_cards(self) -> int:
        """The most cards of one host over which every layer of the model can be split."""
        return self.question.model.shape.shard_counts[-1]

    @property
    def window(self) -> int:
        """The context window in the command: at most the longest that a source claims for the model."""
        return limits(min(self.question.context, usable_context(self.question.model)))[1]

    @property
    def parts(self) -> list[MemoryPart]:
        """The bar's segments as a table."""
        shown = [part for part in self.bar.segments if part.slug != "free"]
        parts = [
            MemoryPart(part.slug, part.letter, part.label, part.size, part.size / self.fit.capacity) for part in shown
        ]
        label = "Left over" if self.fit.headroom >= 0 else "Too little"
        return [*parts, MemoryPart("free", "", label, self.fit.headroom, self.fit.headroom_share)]


def answer(question: HardwareQuestion, known: Known) -> Answer:
    """Answer a calculation, and calculate the same need on each known card."""
    shape = question.model.shape
    need = Need(
        weights=weight_bytes(shape, question.form),
        per_token=kv_bytes_per_token(shape, question.precision),
        tokens=question.context * question.sequences,
    )
    fit = Fit(need=need, card=question.card, count=question.count)
    return Answer(
        question=question,
        need=need,
        fit=fit,
        bar=draw_bar(fit),
        steps=work_out(question, fit),
        rows=[_row(need, card, question.count, shape.shard_counts) for card in known.cards.values()],
        warnings=warn(question, known.servers),
        commands=_commands(question, fit, known),
    )


def _row(need: Need, card: Card, count: int, counts: list[int]) -> CardRow:
    fit = Fit(need=need, card=card, count=1 if card.is_machine else count)
    return CardRow(fit, fewest_cards(need, card, [1] if card.is_machine else counts), draw_bar(fit))


def _commands(question: HardwareQuestion, fit: Fit, known: Known) -> list[ServerCommand]:
    if fit.verdict is Verdict.NO:
        return []
    return write_commands(question, known.servers, min(question.context, usable_context(question.model)))
