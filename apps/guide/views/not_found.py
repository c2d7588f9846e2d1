"""The page for an unknown address: the pages with the most similar names."""

from difflib import SequenceMatcher

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide.navigation import NavigationEntry, all_entries

SHOWN = 4
LEAST_ALIKE = 0.6


def page_not_found(request: HttpRequest, asked: str) -> HttpResponse:
    """Answer 404 with the pages whose names are most like ``asked``, the last part of the address."""
    context = {"asked": asked, "nearest": nearest_entries(asked)}
    return render(request, "guide/not_found.html", context, status=404)


def nearest_entries(asked: str) -> list[NavigationEntry]:
    """Return the pages whose address or title is most like ``asked``, the most alike first; maybe none."""
    wanted = _words(asked)
    scored = [(_likeness(wanted, entry), entry) for entry in all_entries()]
    likely = sorted((pair for pair in scored if pair[0] >= LEAST_ALIKE), key=lambda pair: -pair[0])
    return [entry for _, entry in likely[:SHOWN]]


def _likeness(wanted: list[str], entry: NavigationEntry) -> float:
    """Compare word by word, so that “instruct-7b” finds “7b-instruct”; from 0 to 1."""
    names = (_words(entry.title), _words(entry.slug or entry.name))
    return max(_alike(" ".join(sorted(wanted)), " ".join(sorted(name))) for name in names)


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _words(text: str) -> list[str]:
    return text.lower().replace("codellama", " ").replace("hf", " ").replace("-", " ").replace("_", " ").split()
