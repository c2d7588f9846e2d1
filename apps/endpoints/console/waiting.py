"""How many generations wait for a free model server, by variant. Generations lie above endpoints and say it here."""

from collections.abc import Callable, Mapping

type CountWaiting = Callable[[], Mapping[str, int]]

_counts: list[CountWaiting] = []


def count_with(count: CountWaiting) -> None:
    """Register who knows; the app that queues generations does it when it is loaded."""
    _counts[:] = [count]


def waiting_by_variant() -> Mapping[str, int]:
    """Generations in the queue for each variant; a variant that nobody waits for may be missing."""
    return _counts[0]() if _counts else {}
