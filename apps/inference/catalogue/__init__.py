"""Abilities of each Code Llama model, with sources; the guide and the endpoints read it from here."""

from collections.abc import Mapping, Sequence
from functools import cache

from apps.inference.catalogue.facts import (
    Ability,
    ChatFormat,
    CodeLlama,
    Figure,
    Size,
    Source,
    SpecialTokens,
    Standing,
    Support,
    Task,
    Variant,
)
from apps.inference.catalogue.reading import read_catalogue
from apps.inference.errors import InvalidRequest

__all__ = [
    "Ability",
    "ChatFormat",
    "CodeLlama",
    "Figure",
    "Size",
    "Source",
    "SpecialTokens",
    "Standing",
    "Support",
    "Task",
    "Variant",
    "all_models",
    "all_sources",
    "all_special_tokens",
    "capabilities_of",
    "ensure_able",
]

TASK_WORDS: dict[Task, str] = {
    "chat": "chat",
    "complete": "complete text",
    "infill": "fill in the middle",
}


def capabilities_of(variant: str, size: str) -> CodeLlama:
    """Return what is known about a model; raise ``InvalidRequest`` when there is no Code Llama of this kind."""
    models, _ = read_catalogue()
    try:
        return models[f"{variant.lower()} {size.upper()}"]
    except KeyError:
        sentence = f"There is no Code Llama of the variant “{variant}” and the size “{size}”."
        raise InvalidRequest(sentence, sentence=sentence) from None


def all_models() -> Sequence[CodeLlama]:
    """Return the twelve models: Base, Python, Instruct, each from the smallest to the largest."""
    models, _ = read_catalogue()
    return list(models.values())


def all_sources() -> Mapping[str, Source]:
    """Return the sources by the keys that facts cite them with."""
    _, sources = read_catalogue()
    return sources


@cache
def all_special_tokens() -> tuple[str, ...]:
    """Return every text that a tokenizer of the family may read as one special token."""
    return tuple(dict.fromkeys(text for model in all_models() for text in model.special_tokens.texts))


def ensure_able(variant: str, size: str, task: Task) -> CodeLlama:
    """Return the model; raise ``InvalidRequest`` when no source says that it can do ``task``."""
    model = capabilities_of(variant, size)
    if not model.ability(task).may_be_tried:
        sentence = f"{model.name} cannot {TASK_WORDS[task]}."
        raise InvalidRequest(sentence, sentence=sentence)
    return model
