"""The image's health check believes ``/healthz`` and nothing else."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.project.containers import DOCKER


class Web(ThreadingHTTPServer):
    """Answers ``/healthz`` with ``status`` and remembers who was asked for."""

    status = 200
    asked: tuple[str, str | None] = ("", None)


class Answer(BaseHTTPRequestHandler):
    server: Web

    def do_GET(self) -> None:
        self.server.asked = (self.path, self.headers["Host"])
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (its name upstream)
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[Web]:
    server = Web(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def check(port: int, public_url: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DOCKER / "healthcheck.py"],
        env={"PORT": str(port), "PUBLIC_URL": public_url},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_web_process_that_answers_is_healthy(web: Web) -> None:
    assert check(web.server_port).returncode == 0
    assert web.asked == ("/healthz", "127.0.0.1")


def test_the_public_host_is_asked_for(web: Web) -> None:
    assert check(web.server_port, "https://code.example.org").returncode == 0
    assert web.asked == ("/healthz", "code.example.org")


def test_a_web_process_that_refuses_is_not_healthy(web: Web) -> None:
    web.status = 503
    result = check(web.server_port)
    assert result.returncode == 1
    assert result.stderr == "/healthz answers 503\n"


def test_a_web_process_that_is_gone_is_not_healthy() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else can take it
        result = check(unused.getsockname()[1])
    assert result.returncode == 1
    assert "/healthz does not answer" in result.stderr
