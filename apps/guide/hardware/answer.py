"""One calculation, answered: the figures, the steps, every card, what to beware of, and the TGI command."""

from dataclasses import dataclass

from apps.guide.hardware.advice import Caution, usable_context, warn
from apps.guide.hardware.bar import Bar, draw_bar
from apps.guide.hardware.command import limits, tgi_command, tgi_options
from apps.guide.hardware.fit import Card, Fit, Need, fewest_cards
from apps.guide.hardware.formula import Step, work_out
from apps.guide.hardware.memory import kv_bytes_per_token, weight_bytes
from apps.guide.hardware.question import Question


@dataclass(frozen=True, slots=True)
class CardRow:
    """One kind of card: how the chosen number of them does, and how few would do."""

    fit: Fit
    fewest: Fit | None
    bar: Bar


@dataclass(frozen=True, slots=True)
class Part:
    """A line of the table beside the bar: what it is, its bytes, and its share of the memory."""

    slug: str
    letter: str
    label: str
    size: int
    of_memory: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """All that page and JSON show. ``command`` is empty where TGI could not be started so."""

    question: Question
    need: Need
    fit: Fit
    bar: Bar
    steps: list[Step]
    rows: list[CardRow]
    warnings: list[Caution]
    command: str

    @property
    def room_for_sequences(self) -> int:
        """How many sequences of the asked length there is room for."""
        return self.fit.room_for_tokens // self.question.context

    @property
    def missing(self) -> int:
        """How many bytes too little there are."""
        return max(0, -self.fit.headroom)

    @property
    def most_cards(self) -> int:
        """Over how many cards of one host TGI can split the model at most."""
        return self.question.model.shape.shard_counts[-1]

    @property
    def window(self) -> int:
        """The tokens that the command asks for: no more than any source claims for the model."""
        return limits(min(self.question.context, usable_context(self.question.model)))[1]

    @property
    def parts(self) -> list[Part]:
        """What the bar shows, as a table."""
        shown = [part for part in self.bar.segments if part.slug != "free"]
        parts = [Part(part.slug, part.letter, part.label, part.size, part.size / self.fit.capacity) for part in shown]
        label = "Left over" if self.fit.headroom >= 0 else "Too little"
        return [*parts, Part("free", "", label, self.fit.headroom, self.fit.headroom_share)]


def answer(question: Question, cards: list[Card]) -> Answer:
    """Work out a calculation, and the same need on each of ``cards``."""
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
        rows=[_row(need, card, question.count, shape.shard_counts) for card in cards],
        warnings=warn(question),
        command=_command(question),
    )


def _row(need: Need, card: Card, count: int, counts: list[int]) -> CardRow:
    fit = Fit(need=need, card=card, count=count)
    return CardRow(fit, fewest_cards(need, card, counts), draw_bar(fit))


def _command(question: Question) -> str:
    model = question.model
    if question.count not in model.shape.shard_counts:
        return ""
    repository = model.repository
    if question.form.needs_prepared_weights:
        repository = f"YOUR-QUANTIZED-{repository.rpartition('/')[2]}"
    return tgi_command(
        tgi_options(
            repository=repository,
            form=question.form,
            precision=question.precision,
            context=min(question.context, usable_context(model)),
            count=question.count,
        )
    )
