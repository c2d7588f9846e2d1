"""The schema of ``rules.toml``."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec

from apps.guide.choosing.rules import By, ChoosingRule, RuleKind
from apps.guide.models.conditions import Pattern, When
from apps.guide.schema import CitationText, Entry, Slug, Text
from apps.guide.toml_file import TomlFile


class RuleEntry(Entry):
    """A rule. Rules are tried in the order of the file; a rule without sources is our judgement."""

    slug: Slug
    kind: RuleKind
    when: When
    models: list[Pattern]
    text: Text
    by: By = ""
    otherwise: Annotated[str, msgspec.Meta(max_length=300)] = ""
    sources: list[CitationText] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.otherwise and self.kind != "ranking":
            raise ValueError("only a ranking has a word for the other models")
        if bool(self.by) != (self.kind == "order"):
            raise ValueError("an order, and only an order, says what it goes by")
        asks_for_fit = (self.when.quantized, self.when.small_cache) != (None, None)
        if asks_for_fit and self.kind not in {"reason", "caution"}:
            raise ValueError("how a model fits matters to reasons and cautions only")

    def rows(self) -> Iterator[dict[str, Any]]:
        for row in super().rows():
            yield {**row, "when": msgspec.to_builtins(self.when)}

    def as_rule(self) -> ChoosingRule:
        """Return the entry as the rule that ``decide`` applies."""
        return ChoosingRule(**msgspec.structs.asdict(self))


def check_rules(file: TomlFile, rules: Sequence[RuleEntry]) -> None:
    """Raise a ``ContentError`` if some answers would get no ranking or no order."""
    for kind in ("ranking", "order"):
        found = [index for index, rule in enumerate(rules) if rule.kind == kind]
        if not found:
            raise file.error("rules", 0, f"there is no {kind}")
        if rules[found[-1]].when != When():
            raise file.error("rules", found[-1], f"the last {kind} must hold for all answers", field="when")
