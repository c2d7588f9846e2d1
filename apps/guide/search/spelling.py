"""Suggest corrections of mistyped words."""

from collections.abc import Sequence
from difflib import get_close_matches

from django.db.models.functions import Length

from apps.guide.models import Word
from apps.guide.search.words import AskedWord

# The least similarity of two words, from 0 to 1: "quantisation" finds "quantization", "teh" finds nothing.
ALIKE = 0.75
SHORTEST = 4


def suggest(asked: Sequence[AskedWord]) -> str:
    """Return the question with each unknown word replaced by the guide's nearest word; empty if none was replaced."""
    words = [word.typed for word in asked]
    doubtful = [word.typed for word in asked if word.typed == word.phrase and len(word.typed) >= SHORTEST]
    if not doubtful:
        return ""
    longest, shortest = max(map(len, doubtful)) + 2, min(map(len, doubtful)) - 2
    near = Word.objects.annotate(length=Length("word")).filter(length__gte=shortest, length__lte=longest)
    # Of several equally near words, take the most common.
    known = list(near.order_by("-passages", "word").values_list("word", flat=True))
    suggested = [_nearest(word, known) if word in doubtful else word for word in words]
    return " ".join(suggested) if suggested != list(words) else ""


def _nearest(word: str, known: Sequence[str]) -> str:
    if any(other.startswith(word) for other in known):
        return word
    matches = get_close_matches(word, known, n=1, cutoff=ALIKE)
    return matches[0] if matches else word
