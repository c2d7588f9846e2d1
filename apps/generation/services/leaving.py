"""Stop or export a person's generations when the person leaves, is switched off or exports their data."""

from collections.abc import Iterator
from typing import Any

from apps.accounts.export import as_json
from apps.accounts.models import User
from apps.generation.models import Generation
from apps.generation.services.cancel import cancel_generation


def stop_all_of(*, person: User) -> int:
    """Cancel the person's unfinished generations, in chats, playground and API. Return how many there were."""
    active = Generation.objects.active().filter(owner=person).values_list("pk", flat=True)
    return sum(cancel_generation(generation_id=pk) for pk in list(active))


def on_person_leaves(*, person: User, **_kwargs: Any) -> None:
    stop_all_of(person=person)


def export_generations(person: User) -> Iterator[tuple[str, bytes]]:
    """Yield one file for each generation of the person outside the chat: from the playground and the API."""
    fields = ("id", "task", "variant", "state", "prompt", "suffix", "messages", "parameters", "text", "created_at")
    others = Generation.objects.filter(owner=person, message=None).order_by("pk").values(*fields)
    for generation in others.iterator(chunk_size=100):
        yield f"generations/{generation['id']}.json", as_json(generation)
