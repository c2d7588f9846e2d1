"""A program that cannot start says so in one sentence, and leaves nothing running."""

import socket
from pathlib import Path

import pytest

from apps.embedded.ports import HOST, free_port
from tests.faults.stack import PATIENCE, Stack

pytestmark = pytest.mark.faults


def assert_refused(stack: Stack, sentence: str) -> None:
    process = stack.start()
    assert process.wait(PATIENCE) == 1, stack.console
    assert sentence in stack.console
    assert stack.console.count("\n") == 1, stack.console
    assert stack.living() == []


def test_port_in_use(stack: Stack) -> None:
    with socket.socket() as server:
        server.bind((HOST, stack.port))
        server.listen()
        assert_refused(stack, f"Port {stack.port} is in use. Stop what listens there, or set PORT to another one.")


@pytest.mark.parametrize("port", ["many", "0", "70000"])
def test_port_that_is_none(stack: Stack, port: str) -> None:
    stack.variables["PORT"] = port
    assert_refused(stack, "PORT must be a whole number")


def test_address_that_is_none(stack: Stack) -> None:
    stack.variables["LISTEN_ADDRESS"] = "everywhere"
    assert_refused(stack, "LISTEN_ADDRESS must be an IP address such as 0.0.0.0, not 'everywhere'.")


def test_data_folder_that_cannot_be_written(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    stack.variables["DATA_DIR"] = str(tmp_path / "file" / "data")
    assert_refused(stack, "Set it to a folder that can be written.")


def test_database_url_that_is_broken(stack: Stack) -> None:
    stack.variables["DATABASE_URL"] = "mysql://somewhere/else"
    assert_refused(stack, "DATABASE_URL must look like postgresql://")


def test_database_that_does_not_answer(stack: Stack) -> None:
    stack.variables["DATABASE_URL"] = f"postgresql://someone:not-to-be-shown@{HOST}:{free_port()}/workbench"
    assert_refused(stack, "The database of DATABASE_URL cannot be reached: ")
    assert "not-to-be-shown" not in stack.console


def test_redis_that_does_not_answer(stack: Stack) -> None:
    stack.variables["REDIS_URL"] = f"redis://:not-to-be-shown@{HOST}:{free_port()}/0"
    assert_refused(stack, "The Redis of REDIS_URL cannot be reached: ")
    assert "not-to-be-shown" not in stack.console


def test_model_file_that_is_missing(stack: Stack, tmp_path: Path) -> None:
    stack.variables["MODEL_FILE"] = str(tmp_path / "nowhere.gguf")
    assert_refused(stack, "nowhere.gguf is not a file.")
