"""The log of a process while Postgres is away, by a pool that is set up like the site's."""

import logging
import time
from collections.abc import Iterator

import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool

from apps.embedded.ports import HOST, free_port
from project.postgres.pool import pool_options

PATIENCE = 60.0  # seconds


class Address:
    """The address that the pool connects to, which a test moves."""

    def __init__(self) -> None:
        self.elsewhere = {"host": HOST, "port": free_port()}
        self.is_right = True

    def __call__(self) -> str:
        known = settings.DATABASES["default"]
        here = {"dbname": known["NAME"], "user": known["USER"], "password": known["PASSWORD"]}
        there = {"host": known["HOST"], "port": known["PORT"]} if self.is_right else self.elsewhere
        return make_conninfo("", **here, **there, connect_timeout=5)


@pytest.fixture
def address(db: None) -> Address:
    return Address()


@pytest.fixture
def pool(address: Address) -> Iterator[ConnectionPool]:
    options = {name: value for name, value in pool_options(1).items() if name != "check"}
    with ConnectionPool(address, **options) as opened:
        yield opened


def fails_again(pool: ConnectionPool, times: int) -> None:
    before, deadline = pool.get_stats().get("connections_errors", 0), time.monotonic() + PATIENCE
    while pool.get_stats().get("connections_errors", 0) < before + times:
        assert time.monotonic() < deadline, "the pool gave up"
        time.sleep(0.05)


def test_one_line_when_it_goes_and_one_when_it_is_back(
    pool: ConnectionPool, address: Address, caplog: pytest.LogCaptureFixture
) -> None:
    def lines() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "psycopg.pool"]

    pool.wait(timeout=PATIENCE)
    for _ in range(2):
        caplog.clear()
        address.is_right = False
        pool.drain()
        fails_again(pool, 3)
        (gone,) = lines()
        assert gone.startswith("Postgres does not answer: connection failed:")
        assert "\n" not in gone
        address.is_right = True
        pool.wait(timeout=PATIENCE)
        assert lines() == [gone, "Postgres answers again"]
        assert {record.levelno for record in caplog.records if record.name == "psycopg.pool"} == {logging.WARNING}


def test_other_warnings_of_the_pool_are_kept(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("psycopg.pool").warning("rolling back returned connection: %s", 7)
    logging.getLogger("psycopg.pool").info("discarding expired connection")
    assert [record.getMessage() for record in caplog.records] == ["rolling back returned connection: 7"]
