"""What the chooser's tests share: the shipped rules without a database, the shapes of the models, short spellings."""

from functools import cache

from apps.guide.choosing.answers import read_answers
from apps.guide.choosing.decide import Decision, decide
from apps.guide.choosing.rules import MODELS, Rule
from apps.guide.choosing.schema import RuleEntry
from apps.guide.hardware.memory import Shape
from apps.guide.schema import Entry
from apps.guide.services.read import CONTENT_FOLDER
from apps.guide.toml_file import TomlFile
from tests.guide.shapes import SHAPES


class RulesFile(Entry):
    """``rules.toml``."""

    rules: list[RuleEntry]


@cache
def shipped_rules() -> list[Rule]:
    """The rules of ``rules.toml``."""
    file = TomlFile(CONTENT_FOLDER / "rules.toml").read_as(RulesFile)
    return [entry.as_rule() for entry in file.rules]


def shapes() -> dict[str, Shape]:
    """The shape of every model; the few thousand weights that another vocabulary makes matter to none of the cases."""
    return {model: SHAPES[model.partition("-")[0]] for model in MODELS}


def ask(**answers: str) -> Decision:
    """What is recommended, by the shipped rules."""
    taken, notices = read_answers(answers)
    assert notices == []
    return decide(taken, shipped_rules(), shapes())


def ranked(decision: Decision) -> list[str]:
    """The candidates, best first."""
    return [candidate.model for candidate in decision.candidates]


def against(decision: Decision, model: str) -> str:
    """Every reason against a model; empty for a candidate."""
    return " ".join(
        reason.text for exclusion in decision.excluded if exclusion.model == model for reason in exclusion.reasons
    )
