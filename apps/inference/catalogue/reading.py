"""Read ``code_llama.toml`` and assemble its facts, model by model."""

import tomllib
from collections.abc import Collection, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from apps.inference.catalogue.facts import CodeLlama, Name, Source

FILE = Path(__file__).with_name("code_llama.toml")
# Everything about a model except its name is a fact.
KINDS = tuple(field for field in CodeLlama.__struct_fields__ if field not in Name.__struct_fields__)


class CatalogueError(ValueError):
    """The catalogue's file contradicts itself, or leaves something out."""


@cache
def read_catalogue() -> tuple[dict[str, CodeLlama], dict[str, Source]]:
    """Return the models by their key ("base 7B"), and the sources by theirs."""
    return parse(FILE.read_text(encoding="utf-8"))


def parse(text: str) -> tuple[dict[str, CodeLlama], dict[str, Source]]:
    """Read the catalogue from ``text``; raise ``CatalogueError`` for a gap, a duplicate or an unknown source."""
    try:
        content = tomllib.loads(text)
        if unknown := content.keys() - {"sources", "models", *KINDS}:
            raise CatalogueError(f"unknown kinds of facts: {', '.join(sorted(unknown))}")
        sources = {source.key: source for source in msgspec.convert(content.get("sources", []), list[Source])}
        names = {name.key: name for name in msgspec.convert(content.get("models", []), list[Name])}
        facts = {kind: _by_model(kind, content.get(kind, []), names, sources) for kind in KINDS}
        models = {key: _model(name, {kind: facts[kind][key] for kind in KINDS}) for key, name in names.items()}
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CatalogueError(str(error)) from None
    return models, sources


def _model(name: Name, facts: dict[str, Any]) -> CodeLlama:
    return msgspec.convert(msgspec.structs.asdict(name) | facts, CodeLlama)


def _by_model(
    kind: str, entries: Iterable[dict[str, Any]], names: Collection[str], sources: Collection[str]
) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        fact = {field: value for field, value in entry.items() if field != "models"}
        for citation in (*fact.get("sources", ()), *fact.get("against", ())):
            if citation.split(" ")[0] not in sources:
                raise CatalogueError(f"{kind}: {citation!r} names no source of this file")
        for model in entry.get("models", ()):
            if model not in names or model in found:
                raise CatalogueError(f"{kind}: {model!r} is unknown or there twice")
            found[model] = fact
    if missing := [name for name in names if name not in found]:
        raise CatalogueError(f"{kind}: nothing about {', '.join(missing)}")
    return found
