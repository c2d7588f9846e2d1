"""The number of queued generations by variant. ``apps.generation`` registers the function that counts."""

from collections.abc import Callable, Mapping

type CountWaiting = Callable[[], Mapping[str, int]]

_counts: list[CountWaiting] = []


def count_with(count: CountWaiting) -> None:
    """Register the function that counts. ``apps.generation`` calls this when it is loaded."""
    _counts[:] = [count]


def waiting_by_variant() -> Mapping[str, int]:
    """Return the queued generations of each variant; variants with an empty queue may be missing."""
    return _counts[0]() if _counts else {}
