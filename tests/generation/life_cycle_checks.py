"""Invariants of generations, at any moment."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from apps.endpoints.models import Endpoint, Health
from apps.generation.log import store
from apps.generation.log.entries import Events
from apps.generation.models import Generation, State
from apps.generation.queue import queued_generations
from apps.generation.selectors import is_held
from apps.generation.worker.attempt import Attempt as WorkerAttempt
from apps.stores.redis import sync_client

# Every reply is a beginning of this, so that every text can be checked by its length alone.
REPLY = "".join(f"{number} naïve 🦙 " for number in range(1000))


@dataclass
class Watched:
    """The history of a generation so far: its latest attempt, its reader's offset, and its end."""

    attempt: int = 0
    writer: int = 0  # the latest attempt that took the log
    seen: int = 0
    over: tuple[str, str] | None = None
    is_settled: bool = True  # whoever ended it has ended the log too
    log_was_lost: bool = False

    def settle(self) -> None:
        if not self.is_settled:
            self.is_settled, self.over = True, None

    def begin_anew(self) -> None:
        self.is_settled, self.over = True, None


@dataclass(eq=False)
class Attempt:
    """A worker that holds a generation, or believes that it does."""

    generation_id: UUID
    run: WorkerAttempt

    @property
    def number(self) -> int:
        return self.run.number

    @property
    def is_held(self) -> bool:
        return is_held(self.generation_id, self.number)


def check(generation: Generation, watched: Watched) -> None:
    assert generation.attempt >= watched.attempt
    watched.attempt = generation.attempt
    assert generation.text == REPLY[: generation.text_length]
    log, has_log = _whole_log(generation)
    _read_on(generation, watched)
    if generation.is_over:
        _check_over(generation, watched, log if has_log else None)
    else:
        assert log.ended is None, "it goes on after its end"
        assert watched.over is None, "it has left its end"
        assert (generation.lease_expires_at is not None) == (generation.state == State.RUNNING)


def _check_over(generation: Generation, watched: Watched, log: Events | None) -> None:
    assert generation.lease_expires_at is None
    if not watched.is_settled:
        return
    end = (generation.state, generation.text)
    assert watched.over in (None, end), "it ends twice, or its text has changed"
    watched.over = end
    if log is not None:
        assert log.ended is not None
        assert (log.ended.state, log.text) == end
    if not watched.log_was_lost:
        assert watched.seen == len(generation.text)


def _whole_log(generation: Generation) -> tuple[Events, bool]:
    log = store.read_log(generation.pk)
    size = sync_client().strlen(store.text_key(generation.pk))
    assert size == len(log.text.encode()), "there is text beyond the offset"
    assert log.text == REPLY[: len(log.text)]
    return log, bool(sync_client().exists(store.head_key(generation.pk)))


def _read_on(generation: Generation, watched: Watched) -> None:
    """One reader follows each generation, and asks for what it does not have."""
    news = store.read_log(generation.pk, after=watched.seen)
    assert news.text == REPLY[watched.seen : news.offset_after]
    watched.seen = news.offset_after
    if news.ended:
        assert news.ended.state == generation.state


def in_turn(generations: Iterable[Generation]) -> list[Generation]:
    """Return those that wait, everybody's first before anybody's second, what runs counted in; then by age.

    One that is stuck because it wants a certain server takes no turn of its owner's.
    """
    generations = list(generations)
    turns = Counter(generation.owner_id for generation in generations if generation.state == State.RUNNING)
    queued = [generation for generation in generations if generation.state == State.QUEUED]
    order = []
    for generation in sorted(queued, key=lambda generation: (generation.created_at, generation.pk)):
        order.append((turns[generation.owner_id] + 1, generation.created_at, generation.pk, generation))
        turns[generation.owner_id] += not _is_aside(generation)
    return [generation for *_, generation in sorted(order, key=lambda entry: entry[:3])]


def _is_aside(generation: Generation) -> bool:
    return generation.wanted is not None and generation.stuck_since is not None


def check_queue(generations: Iterable[Generation]) -> None:
    """A position counts every generation that may get a slot first."""
    line = in_turn(generations)
    positions = {item.generation_id: item.position for item in queued_generations()}
    assert positions.keys() == {generation.pk for generation in line}
    for index, generation in enumerate(line):
        ahead = [
            before
            for before in line[:index]
            if (before.wanted in (None, generation.wanted)) or (generation.wanted is None and not _is_aside(before))
        ]
        assert positions[generation.pk].number == len(ahead) + 1
        assert positions[generation.pk].endpoint == generation.wanted_name


def check_stuck(queued: Iterable[Generation]) -> None:
    """After a reaping, of those that waited before it: all those and no others count their wait that lack a server."""
    endpoints = {endpoint.pk: endpoint for endpoint in Endpoint.objects.enabled()}
    up = {pk for pk, endpoint in endpoints.items() if endpoint.health != Health.DOWN}
    for generation in queued:
        wanted = generation.wanted
        is_out = wanted.endpoint_id not in up if wanted else bool(endpoints) and not up
        assert (generation.stuck_since is not None) == is_out
        assert generation.stuck_since is None or generation.stuck_since > timezone.now() - timedelta(minutes=30)
