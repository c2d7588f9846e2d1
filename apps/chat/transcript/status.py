"""The state of a reply in words."""

from apps.generation.log.entries import QueuePosition
from apps.generation.models import State

MINUTE = 60
FIRST_TOKEN = "Waiting for the first token"  # noqa: S105 - no secret
GOING_ON = "Waiting for the model to go on"
WRITING = "The assistant is writing."
ENDS = {State.SUCCEEDED: "Reply complete.", State.CANCELLED: "Reply stopped."}


def doing(state: State, position: QueuePosition | None, *, has_text: bool, is_growing: bool, has_run: bool) -> str:
    """Return what an unfinished reply waits for, or "" while text arrives.

    ``has_run``: a worker has run the generation before, and it waits again.
    """
    if state == State.QUEUED:
        sentence = waiting_sentence(position)
        return f"Interrupted. {sentence}" if has_text and has_run else sentence
    if is_growing:
        return ""
    return GOING_ON if has_text else FIRST_TOKEN


def spoken(waiting: str) -> str:
    """Return what to announce: that the reply waits in the queue, or begins. The moment in between is not announced."""
    return "" if waiting in {FIRST_TOKEN, GOING_ON} else waiting or WRITING


def waiting_sentence(position: QueuePosition | None) -> str:
    """Return the position in words: ``Waiting for a free slot on gpu-1, 2 ahead of you, about 40 seconds``."""
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
