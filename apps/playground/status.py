"""The state of an output, and its end, in words."""

from dataclasses import dataclass

from apps.generation.log.entries import QueuePosition
from apps.generation.models import Generation, State

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Status:
    """The state, its words, and the tone of the component that shows them."""

    state: State
    words: str
    tone: str = "neutral"


def status_of(generation: Generation, *, is_growing: bool, position: QueuePosition | None = None) -> Status:
    """Return the status of ``generation``; ``position`` is known only while it is queued."""
    state = State(generation.state)
    match state:
        case State.QUEUED:
            return Status(state, waiting_words(position))
        case State.RUNNING:
            return Status(state, "Writing", "live") if is_growing else Status(state, "Waiting for the model")
        case State.SUCCEEDED if generation.finish_reason == "length":
            return Status(state, "Cut off at the length limit", "warning")
        case State.SUCCEEDED:
            return Status(state, "Complete", "good")
        case State.CANCELLED:
            return Status(state, "Stopped", "warning")
    return Status(state, "Failed", "danger")


def waiting_words(position: QueuePosition | None) -> str:
    """Describe a position in the queue: “Waiting for a free slot, 2 ahead of you, about 40 seconds”."""
    if position is None:
        return "Waiting for a free slot"
    if position.absence:
        return f"{position.absence}. Waiting in case it comes back"
    if position.servers_down:
        return "The model servers are down. Waiting for one to come back"
    where = f" on {position.endpoint}" if position.endpoint else ""
    order = f"{position.ahead} ahead of you" if position.ahead else "you are next"
    return ", ".join([f"Waiting for a free slot{where}", order, *_about(position.seconds)])


def _about(seconds: int | None) -> list[str]:
    if seconds is None:
        return []
    if seconds < MINUTE:
        return [f"about {seconds} seconds"]
    minutes = -(-seconds // MINUTE)
    return [f"about {minutes} minute{'s' if minutes > 1 else ''}"]
