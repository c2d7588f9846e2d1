"""What ``rules.toml`` may say."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import msgspec

from apps.guide.choosing.rules import Pattern, Rule, RuleKind, When
from apps.guide.schema import CitationText, Entry, Slug, Text
from apps.guide.toml_file import TomlFile


class RuleEntry(Entry):
    """A rule; the order in the file is the order in which rules are tried. One without sources is our judgement."""

    slug: Slug
    kind: RuleKind
    when: When
    models: list[Pattern]
    text: Text
    otherwise: Annotated[str, msgspec.Meta(max_length=300)] = ""
    sources: list[CitationText] = []

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.otherwise and self.kind != "ranking":
            raise ValueError("only a ranking has a word for the other models")
        if self.when.quantized is not None and self.kind not in {"reason", "caution"}:
            raise ValueError("whether a model is quantized matters to reasons and cautions only")

    def rows(self) -> Iterator[dict[str, Any]]:
        for row in super().rows():
            yield {**row, "when": msgspec.to_builtins(self.when)}

    def as_rule(self) -> Rule:
        """Return it as the decision reads it."""
        return Rule(**msgspec.structs.asdict(self))


def check_rules(file: TomlFile, rules: Sequence[RuleEntry]) -> None:
    """Raise a ``ContentError`` where there are answers for which no ranking would hold."""
    rankings = [index for index, rule in enumerate(rules) if rule.kind == "ranking"]
    if not rankings:
        raise file.error("rules", 0, "there is no ranking")
    if rules[rankings[-1]].when != When():
        raise file.error("rules", rankings[-1], "the last ranking must hold for all answers", field="when")
