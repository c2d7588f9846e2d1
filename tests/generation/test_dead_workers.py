"""A worker that died on this machine is not waited for; one that may live is."""

import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest

from apps.accounts.models import User
from apps.endpoints.slots import Bid, new_holder, release_slot, release_slots_of, running_counts, take_slot
from apps.generation.models import Generation, State
from apps.generation.services.claim import claim_next
from apps.generation.services.reap import reap_generations
from apps.generation.worker_identity import is_dead, own_name
from tests.generation.conftest import ask


def name_with(pid: int) -> str:
    return f"{own_name().rpartition(':')[0]}:{pid}"


@pytest.fixture
def process() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def test_the_living_and_the_dead(process: "subprocess.Popen[bytes]") -> None:
    assert not is_dead(own_name())
    assert not is_dead(name_with(process.pid))
    process.kill()
    process.wait()
    assert is_dead(name_with(process.pid))


@pytest.mark.parametrize("name", ["", "one", "elsewhere/4026531836:1", "elsewhere:999999999"])
def test_nothing_is_known_of_other_machines(name: str) -> None:
    assert not is_dead(name)


def test_slots_of_dead_workers_are_free_at_once(redis_url: str) -> None:
    server = uuid4()
    bid = [Bid(server, rank=0, limit=3)]
    mine, others = [new_holder("worker 1"), new_holder("worker 1")], new_holder("worker 2")
    assert [take_slot(bid, holder) for holder in (*mine, others)] == [server] * 3
    assert take_slot(bid, uuid4()) is None
    release_slots_of(["worker 1"], [server])
    assert running_counts([server]) == {server: 1}
    release_slot(server, others)
    assert running_counts([server]) == {server: 0}


def test_what_a_dead_worker_held_is_taken_back_at_once(alice: User, process: "subprocess.Popen[bytes]") -> None:
    held = [ask(alice, "count"), ask(alice, "count")]
    living = claim_next(variant="instruct", worker=own_name())
    orphan = claim_next(variant="instruct", worker=name_with(process.pid))
    assert {living, orphan} == set(held)
    assert living is not None
    assert orphan is not None
    assert reap_generations() == 0, "both live"
    process.kill()
    process.wait()
    assert reap_generations() == 1
    states = dict(Generation.objects.values_list("pk", "state"))
    assert states == {living.pk: State.RUNNING, orphan.pk: State.QUEUED}
    orphan.refresh_from_db()
    assert orphan.lost_leases == 1
