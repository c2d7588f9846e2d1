"""Reads of the rows that pages refer to: sources, terms, GPUs, quantizations, servers."""

from collections.abc import Sequence

from apps.guide.models import Gpu, Quantization, Server, Source, Term
from apps.guide.selectors.facts import cited


def sources() -> Sequence[Source]:
    """Return all sources by number; one query."""
    return list(Source.objects.all())


def terms() -> Sequence[Term]:
    """Return the glossary by term, with citations; two queries."""
    return list(Term.objects.prefetch_related(cited()))


def gpus() -> Sequence[Gpu]:
    """Return the GPUs from the smallest, with citations; two queries."""
    return list(Gpu.objects.prefetch_related(cited()))


def quantizations() -> Sequence[Quantization]:
    """Return the ways to store weights, with citations; two queries."""
    return list(Quantization.objects.prefetch_related(cited()))


def servers() -> Sequence[Server]:
    """Return the model servers, with citations; two queries."""
    return list(Server.objects.prefetch_related(cited()))
