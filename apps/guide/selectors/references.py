"""Reads of what pages refer to: sources and what cites them, terms, GPUs, quantizations."""

from collections.abc import Mapping, Sequence

from apps.guide.models import CITING, Citation, Gpu, Quantization, Source, Term
from apps.guide.selectors.facts import cited


def sources() -> Sequence[Source]:
    """Return all sources by number; one query."""
    return list(Source.objects.all())


def citations_by_source() -> Mapping[str, Sequence[Citation]]:
    """Return what cites each source, by its key; ``citation.owner`` is the row. One query."""
    rows = [*CITING, "cell__feature", "cell__variant", "fact__model", "fact__attribute", "reading__fact__model"]
    rows += ["reading__fact__attribute", "score__benchmark", "score__model"]
    found: dict[str, list[Citation]] = {}
    for citation in Citation.objects.select_related("source", *rows).order_by("source__number", "locator", "pk"):
        found.setdefault(citation.source.key, []).append(citation)
    return found


def terms() -> Sequence[Term]:
    """Return the glossary by term, with citations; two queries."""
    return list(Term.objects.prefetch_related(cited()))


def gpus() -> Sequence[Gpu]:
    """Return the GPUs from the smallest, with citations; two queries."""
    return list(Gpu.objects.prefetch_related(cited()))


def quantizations() -> Sequence[Quantization]:
    """Return the ways to store weights, with citations; two queries."""
    return list(Quantization.objects.prefetch_related(cited()))
