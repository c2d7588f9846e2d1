"""One calculation, answered: the figures, the steps, every card, what to beware of, and the TGI command."""

from dataclasses import dataclass

from apps.guide.hardware.advice import Caution, usable_context, warn
from apps.guide.hardware.bar import Bar, draw_bar
from apps.guide.hardware.command import tgi_command, tgi_options
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
