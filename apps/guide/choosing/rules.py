"""The rules as data: under which answers they hold, for which models, and what they say."""

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
    """Whether the answers meet a condition; how a model fits is for ``Rule.fits``."""
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

    A ``ranking`` lists the models worth considering, and says in ``otherwise`` why not the others; an ``order`` says
    ``by`` what they are put in order; of both, the first that holds counts. An ``exclusion`` takes models out; a
    ``reason`` or a ``caution`` adds to an answer.
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
        """The models it names, each once, in the order of its patterns."""
        found = [model for pattern in self.models for model in MODELS if fnmatchcase(model, pattern)]
        return list(dict.fromkeys(found))

    def place(self, model: str) -> int:
        """The place of the first pattern that ``model`` matches; behind all for one that matches none."""
        places = (place for place, pattern in enumerate(self.models) if fnmatchcase(model, pattern))
        return next(places, len(self.models))

    def fits(self, *, quantized: bool, small_cache: bool) -> bool:
        """Whether it holds for a model that fits so."""
        return self.when.quantized in {None, quantized} and self.when.small_cache in {None, small_cache}
