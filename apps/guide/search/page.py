"""The search pages: the question and its passages."""

from typing import Any

from django.http import QueryDict

from apps.guide.model_pages.page import Heading
from apps.guide.search.find import search
from apps.guide.search.words import LONGEST


def search_page(given: QueryDict, *, title: str, summary: str) -> dict[str, Any]:
    """Return the context of ``guide/search.html`` for ``?q=``; any question is allowed."""
    asked = str(given.get("q", "")).replace("\0", "")
    text = " ".join(asked.split())[:LONGEST]
    return {
        "guide": {"page": Heading(title, summary, None), "sections": (), "sources": ()},
        "asked": text,
        "is_cut": len(asked) > LONGEST,
        "longest": LONGEST,
        "found": search(text) if text else None,
    }
