"""The glossary, ready to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from apps.guide.models import Source, Term
from apps.guide.prose import find_citations, render_prose
from apps.guide.selectors import sources, terms


@dataclass(frozen=True, slots=True)
class ShownTerm:
    """A term with its definition as HTML, and the terms to see also."""

    term: Term
    html: SafeString
    see_also: Sequence[Term]


@dataclass(frozen=True, slots=True)
class Glossary:
    """All terms, and their sources."""

    terms: Sequence[ShownTerm]
    sources: Sequence[Source]


def read_glossary() -> Glossary:
    """Return the glossary by term; three queries."""
    every = sources()
    numbers = {source.key: source.number for source in every}
    known = sorted(terms(), key=lambda term: term.term.lower())
    by_slug = {term.slug: term for term in known}
    cited = {key for term in known for _, key in find_citations(term.definition)}
    cited |= {citation.source.key for term in known for citation in term.citations.all()}
    return Glossary(
        terms=[
            ShownTerm(
                term,
                render_prose(term.definition, numbers),
                [by_slug[slug] for slug in term.see_also if slug in by_slug],
            )
            for term in known
        ],
        sources=[source for source in every if source.key in cited],
    )
