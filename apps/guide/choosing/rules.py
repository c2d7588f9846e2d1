"""The rules as data: under which answers they hold, for which models, and what they say."""

from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec

from apps.guide.choosing.answers import Answers

# A model's slug such as "7b-base", or a pattern such as "*-python" or "34b-*".
Pattern = Annotated[str, msgspec.Meta(pattern=r"^(\*|7b|13b|34b|70b)-(\*|base|python|instruct)$")]
RuleKind = Literal["ranking", "sizes", "unquantized", "exclusion", "reason", "caution"]
MODELS = tuple(
    f"{size}-{variant}" for variant in ("base", "python", "instruct") for size in ("7b", "13b", "34b", "70b")
)


class When(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The condition of a rule; all that is given must hold, and an empty one always does.

    A ``language`` other than Python is ``mixed`` as well. ``context_over`` is in tokens, ``memory_from`` in GB of all
    cards together; ``quantized`` asks how the model fits.
    """

    task: list[Literal["complete", "generate", "chat", "both", "finetune", "maths"]] = []
    language: list[Literal["python", "mixed", "cpp", "java", "php", "typescript", "csharp", "bash", "other"]] = []
    after: list[Literal["yes", "no"]] = []
    matters: list[Literal["quality", "speed", "many"]] = []
    context_over: int | None = None
    memory_from: int | None = None
    quantized: bool | None = None

    def holds(self, answers: Answers) -> bool:
        """Whether the answers meet it; ``quantized`` is for ``holds_for``."""
        chosen = (
            (self.task, {answers.task}),
            (self.language, answers.languages),
            (self.after, {answers.after}),
            (self.matters, {answers.matters}),
        )
        if any(wanted and given.isdisjoint(wanted) for wanted, given in chosen):
            return False
        if self.context_over is not None and answers.context <= self.context_over:
            return False
        if self.memory_from is None:
            return True
        return answers.cards is not None and answers.cards.total >= self.memory_from


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule.

    A ``ranking`` lists the models worth considering, best first, and says in ``otherwise`` why not the others; the
    first that holds counts. ``sizes`` puts some sizes before others in it; without such a rule ``unquantized`` puts
    those of a variant that fit at 16 bits before those that do not. An ``exclusion`` takes models out; a ``reason`` or
    a ``caution`` adds to an answer.
    """

    slug: str
    kind: RuleKind
    when: When
    models: list[str]
    text: str
    otherwise: str = ""
    sources: list[str] = []

    def is_about(self, model: str) -> bool:
        return any(fnmatchcase(model, pattern) for pattern in self.models)

    def order(self) -> list[str]:
        """The models it names, each once, in the order of its patterns."""
        found = [model for pattern in self.models for model in MODELS if fnmatchcase(model, pattern)]
        return list(dict.fromkeys(found))

    def place(self, model: str) -> int:
        """The place of the first pattern that ``model`` matches; behind all for one that matches none."""
        places = (place for place, pattern in enumerate(self.models) if fnmatchcase(model, pattern))
        return next(places, len(self.models))
