"""The shipped rules, cards and scores without a database, and short spellings for the chooser's tests."""

from functools import cache

import msgspec

from apps.guide.choosing.answers import Answers, read_answers
from apps.guide.choosing.decide import Decision, decide
from apps.guide.choosing.evidence import Scores
from apps.guide.choosing.rules import MODELS, ChoosingRule
from apps.guide.choosing.schema import RuleEntry
from apps.guide.hardware.catalogue import Catalogue, catalogue
from apps.guide.hardware.fit import Card
from apps.guide.hardware.memory import GIB, Shape
from apps.guide.models.conditions import When
from apps.guide.services.read import read_content
from apps.guide.services.records import Content
from tests.guide.shapes import SHAPES


@cache
def shipped_content() -> Content:
    """The content files."""
    return read_content()


@cache
def shipped_rules() -> list[ChoosingRule]:
    """The rules of ``rules.toml``."""
    names = RuleEntry.__struct_fields__
    values = [{name: record.values[name] for name in names} for record in shipped_content()["rules"]]
    return [ChoosingRule(**{**value, "when": _when(value["when"])}) for value in values]


def _when(values: dict[str, object]) -> When:
    return msgspec.convert(values, When)


@cache
def shipped_cards() -> Catalogue:
    """The cards and machines of ``hardware.toml``."""
    return catalogue(
        Card(
            slug=values["slug"],
            label=values["name"],
            memory=round(values["usable_gib"] * GIB),
            sold_gb=values["memory_gb"],
            machine=values["machine"],
            capability=float(values["capability"]) if values["capability"] is not None else None,
            aliases=tuple(values["aliases"]),
        )
        for values in (record.values for record in shipped_content()["gpus"])
    )


@cache
def shipped_scores() -> Scores:
    """The scores of ``scores.toml`` by benchmark and model."""
    scores: dict[str, dict[str, float]] = {}
    for record in shipped_content()["scores"]:
        if record.values["model"]:
            number = float(record.values["number"])
            scores.setdefault(record.values["benchmark"], {})[record.values["model"]] = number
    return scores


def shapes() -> dict[str, Shape]:
    """The shape of every model; the few thousand weights that another vocabulary makes matter to none of the cases."""
    return {model: SHAPES[model.partition("-")[0]] for model in MODELS}


def decide_for(answers: Answers) -> Decision:
    """Return the recommendation for those answers, by the shipped rules."""
    return decide(answers, shipped_rules(), shapes(), shipped_scores())


def ask(**answers: str) -> Decision:
    """Return the recommendation for a person's answers."""
    taken, notices = read_answers(answers, shipped_cards())
    assert notices == []
    return decide_for(taken)


def ranked(decision: Decision) -> list[str]:
    """The candidates, best first."""
    return [candidate.model for candidate in decision.candidates]


def against(decision: Decision, model: str) -> str:
    """Every reason against a model; empty for a candidate."""
    return " ".join(
        reason.text for exclusion in decision.excluded if exclusion.model == model for reason in exclusion.reasons
    )
