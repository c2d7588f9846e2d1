"""Ports of a stack."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.embedded.ports import HOST, PORTS, free_port, is_free, kept_port


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as server:
        server.bind((HOST, 0))
        server.listen()
        yield int(server.getsockname()[1])


def test_a_port_that_somebody_listens_on_is_not_free(taken: int) -> None:
    assert not is_free(taken)
    assert is_free(free_port())


def test_free_ports_are_those_that_the_system_gives_to_nobody() -> None:
    ports = {free_port() for _ in range(20)}
    assert ports <= set(PORTS)
    assert len(ports) > 10


def test_an_address_of_its_own_may_be_free_on_a_port_that_is_taken(taken: int) -> None:
    assert not is_free(taken, "0.0.0.0")  # noqa: S104 (nothing listens there)
    assert is_free(taken, "127.0.0.2")


def test_the_chosen_port_is_kept(tmp_path: Path) -> None:
    first = kept_port(tmp_path / "port")
    assert kept_port(tmp_path / "port") == first


def test_a_kept_port_that_is_taken_is_chosen_anew(tmp_path: Path, taken: int) -> None:
    (tmp_path / "port").write_text(str(taken))
    chosen = kept_port(tmp_path / "port")
    assert chosen != taken
    assert kept_port(tmp_path / "port") == chosen


@pytest.mark.parametrize("text", ["", "no number", "70000", "-1", "9" * 40])
def test_a_spoilt_note_is_replaced(tmp_path: Path, text: str) -> None:
    (tmp_path / "port").write_text(text)
    assert is_free(kept_port(tmp_path / "port"))
