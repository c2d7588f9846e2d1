"""Sentences that depend on numbers."""

from apps.generation.events import Place

MINUTE = 60


def waiting_sentence(place: Place | None) -> str:
    """Where a waiting reply stands: ``Waiting for a free slot on gpu-1, 2 ahead of you, about 40 seconds``."""
    if place is None:
        return "Waiting for a free slot"
    if place.absence:
        return f"{place.absence}. Waiting in case it comes back"
    if place.servers_down:
        return "The model servers are down. Waiting for one to come back"
    where = f" on {place.endpoint}" if place.endpoint else ""
    order = f"{place.ahead} ahead of you" if place.ahead else "you are next"
    return ", ".join([f"Waiting for a free slot{where}", order, *_about(place.seconds)])


def _about(seconds: int | None) -> list[str]:
    if seconds is None:
        return []
    if seconds < MINUTE:
        return [f"about {seconds} seconds"]
    minutes = -(-seconds // MINUTE)
    return [f"about {minutes} minute{'s' if minutes > 1 else ''}"]
