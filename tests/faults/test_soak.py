"""A minute of ``make soak``: fifty replies, and faults in the order that a fixed seed gives."""

from pathlib import Path

import pytest

from apps.embedded.ports import free_port
from tests.faults.soak import STREAMS, soak
from tests.faults.stack import Stack
from tests.faults.storm import VARIABLES, Site, model_server

pytestmark = pytest.mark.faults

SECONDS, SEED = 25.0, 20261123
LENGTHS = (150, 350)


async def test_fifty_replies_survive_random_faults(tmp_path: Path) -> None:
    said: list[str] = []
    stack = Stack(tmp_path / "data", free_port(), {**VARIABLES, "SECRET_KEY": ""})
    try:
        stack.start_and_wait()
        with model_server() as model:
            site = Site(stack, model)
            site.prepare()
            storm = await soak(site, seconds=SECONDS, seed=SEED, say=said.append, lengths=LENGTHS)
    finally:
        print(f"SOAK_SEED={SEED}", *said, sep="\n")  # noqa: T201 (shown where it fails)
        stack.end()
    assert len(storm.viewers) >= STREAMS
    assert len({fault.name for fault in storm.faults}) > 2, "too little happened: choose another seed"
