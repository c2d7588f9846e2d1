"""Act as a request with an API key does."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import RequestFactory

from apps.accounts.keys.api_keys import KeyLimits, issue_api_key, use_api_key
from apps.accounts.models import ApiKey, User
from apps.audit.origin import Origin, note_key, origin_kept
from apps.generation.models import Generation, State, Task
from apps.generation.services.claim import claim_next
from apps.generation.services.finish import Outcome, finish_generation
from apps.generation.services.start import start_generation

MESSAGES = [{"role": "user", "content": "What is a list?"}]


def key_of(owner: User, **limits: object) -> ApiKey:
    found = use_api_key(issue_api_key(owner=owner, limits=KeyLimits(**limits)))  # type: ignore[arg-type]
    assert found is not None
    return found


@contextmanager
def acting(key: ApiKey) -> Iterator[Origin]:
    with origin_kept(RequestFactory().post("/v1/chat/completions")) as origin:
        note_key(key)
        yield origin


def ask(owner: User) -> Generation:
    return start_generation(owner=owner, variant="instruct", messages=MESSAGES)


def finish(generation: Generation, *, prompt: int, completion: int, state: State = State.SUCCEEDED) -> None:
    """Be the worker that writes the reply."""
    claimed = claim_next(variant="instruct", worker="test", task=Task.CHAT)
    assert claimed == generation
    outcome = Outcome(state, "text", prompt_tokens=prompt, completion_tokens=completion)
    assert finish_generation(generation_id=claimed.pk, attempt=claimed.attempt, outcome=outcome)
