"""A short ``make soak``: fifty replies, and one fault of each kind in an order that a fixed seed gives."""

import random

import pytest

from tests.faults.soak import STREAMS, Course, soak
from tests.faults.storm import Site

pytestmark = pytest.mark.faults

SEED = 20261123
ONE_OF_EACH = ("reload", "web", "worker", "valkey", "postgres", "web + worker + valkey + postgres")
LENGTHS = (100, 200)
PAUSES = (0.5, 2.5)


async def test_fifty_replies_survive_random_faults(site: Site) -> None:
    said: list[str] = []
    chance = random.Random(SEED)  # noqa: S311 - not a secret
    faults = chance.sample(ONE_OF_EACH, len(ONE_OF_EACH))
    try:
        storm = await soak(site, Course(faults, chance, LENGTHS, PAUSES), say=said.append)
    finally:
        print(f"SOAK_SEED={SEED}", *said, site.stack.console, sep="\n")  # noqa: T201 (shown where it fails)
    assert len(storm.viewers) > STREAMS
    assert [fault.name for fault in storm.faults] == faults
    assert all(fault.running for fault in storm.faults)
