"""What is true of generations at any moment."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from apps.generation import event_log
from apps.generation.events import Events, RawEntry, decode
from apps.generation.models import Generation, State
from apps.generation.queue import waiting_generations
from apps.generation.runs import Run
from apps.generation.selectors import is_held

# Every reply is a beginning of this, so that every text can be checked by its length alone.
REPLY = "".join(f"{number} naïve 🦙 " for number in range(1000))


@dataclass
class Watched:
    """What has been seen of a generation so far: its latest attempt, its reader's offset, and its end."""

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
    run: Run

    @property
    def number(self) -> int:
        return self.run.attempt

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
    raw = event_log.sync_client().xrange(event_log.events_key(generation.pk))
    entries = cast("list[RawEntry]", raw)
    ends = [number for number, (_, fields) in enumerate(entries, start=1) if b"e" in fields]
    assert ends in ([], [len(entries)]), "something follows the end"
    log = decode(entries, after=0)
    assert log.text == REPLY[: len(log.text)]
    return log, bool(entries)


def _read_on(generation: Generation, watched: Watched) -> None:
    """One reader follows each generation, and asks for what it does not have."""
    news = event_log.read_log(generation.pk, after=watched.seen)
    assert news.text == REPLY[watched.seen : news.offset_after]
    watched.seen = news.offset_after
    if news.ended:
        assert news.ended.state == generation.state


def check_queue(generations: Iterable[Generation]) -> None:
    """Everybody's first before anybody's second, what runs counted in; then by age."""
    turns = Counter(generation.owner_id for generation in generations if generation.state == State.RUNNING)
    queued = [generation for generation in generations if generation.state == State.QUEUED]
    order = []
    for generation in sorted(queued, key=lambda generation: (generation.created_at, generation.pk)):
        turns[generation.owner_id] += 1
        order.append((turns[generation.owner_id], generation.created_at, generation.pk))
    waiting = sorted(waiting_generations(), key=lambda item: item.place.position)
    assert [item.place.position for item in waiting] == list(range(1, len(waiting) + 1))
    assert [item.generation_id for item in waiting] == [pk for *_, pk in sorted(order)]
