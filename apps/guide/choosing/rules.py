"""The rules as data: their conditions, models and sentences."""

from fnmatch import fnmatchcase
from typing import Literal

import msgspec

from apps.guide.choosing.answers import Answers
from apps.guide.models.conditions import When

RuleKind = Literal["ranking", "order", "exclusion", "reason", "caution"]
By = Literal["", "scores", "humaneval", "retrieval", "size", "requests", "listed"]
MODELS = tuple(
    f"{size}-{variant}" for variant in ("base", "python", "instruct") for size in ("7b", "13b", "34b", "70b")
)


def holds(when: When, answers: Answers) -> bool:
    """Tell whether the answers meet a condition; ``ChoosingRule.fits`` checks how a model fits."""
    chosen = (
        (when.task, {answers.task}),
        (when.language, answers.languages),
        (when.after, {answers.after}),
        (when.matters, {answers.matters}),
    )
    if answers.language in when.not_language or any(wanted and given.isdisjoint(wanted) for wanted, given in chosen):
        return False
    return (when.context_over is None or answers.context > when.context_over) and (
        when.context_to is None or answers.context <= when.context_to
    )


class ChoosingRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule.

    A ``ranking`` lists the models worth considering; its ``otherwise`` says why not the others. An ``order`` names the
    measure that orders them (``by``). The first rule of each kind that holds counts. An ``exclusion`` removes models; a
    ``reason`` or a ``caution`` adds a sentence to an answer.
    """

    slug: str
    kind: RuleKind
    when: When
    models: list[str]
    text: str
    by: By = ""
    otherwise: str = ""
    sources: list[str] = []

    def is_about(self, model: str) -> bool:
        return any(fnmatchcase(model, pattern) for pattern in self.models)

    def order(self) -> list[str]:
        """Return the rule's models, each once, in the order of its patterns."""
        found = [model for pattern in self.models for model in MODELS if fnmatchcase(model, pattern)]
        return list(dict.fromkeys(found))

    def place(self, model: str) -> int:
        """Return the index of the first pattern that matches ``model``; a model without a match comes last."""
        places = (place for place, pattern in enumerate(self.models) if fnmatchcase(model, pattern))
        return next(places, len(self.models))

    def fits(self, *, quantized: bool, small_cache: bool) -> bool:
        """Return whether the rule's condition on the fit (``quantized``, ``small_cache``) holds."""
        return self.when.quantized in {None, quantized} and self.when.small_cache in {None, small_cache}
