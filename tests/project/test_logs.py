"""Logs lead from a browser's request to the worker that answers it, and hold nothing that people write."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2 as httpx
import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.test import Client

from apps.accounts.keys.api_keys import create_api_key
from apps.accounts.models import User
from apps.generation.models import Generation
from apps.generation.services.start import start_generation
from project.logs.configure import format_exception
from tests.gateway.conftest import counting_endpoint, counting_server
from tests.project.containers import ROOT
from tests.support.services import Running, Services

__all__ = ["counting_endpoint", "counting_server"]

SECRET = "squirrels-in-the-server-room"
PATIENCE = 60.0  # seconds


@dataclass
class Tail:
    """Lines that a program has logged since the test began."""

    file: Path
    start: int

    @property
    def text(self) -> str:
        return self.file.read_bytes()[self.start :].decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the whole lines, each of which is one JSON object."""
        return [json.loads(line) for line in self.text.splitlines(keepends=True) if line.endswith("\n")]

    def of_request(self, request_id: str) -> dict[str, dict[str, Any]]:
        """Return the lines of the request, by event."""
        return {line["event"]: line for line in self.lines if line.get("request_id") == request_id}


type Tails = dict[str, Tail]


@pytest.fixture
def tails(programs_at_hand: list[Running], live_asgi_server: str, celery_worker_process: Running) -> Tails:
    logs = {running.program.name: running.log for running in programs_at_hand}
    return {name: Tail(logs[name], logs[name].stat().st_size) for name in ("web", "worker")}


def wait_until(condition: Callable[[], object]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.05)


def ask_in_the_browser(site: str, user: User) -> httpx.Response:
    signed_in = Client()
    signed_in.force_login(user)
    cookie = {settings.SESSION_COOKIE_NAME: signed_in.cookies[settings.SESSION_COOKIE_NAME].value}
    with httpx.Client(base_url=site, cookies=cookie, headers={"Referer": site}, timeout=PATIENCE) as browser:
        browser.get("/chat/", params={"token": SECRET})
        token = browser.cookies[settings.CSRF_COOKIE_NAME]
        return browser.post("/chat/", data={"message": f"count to 5, {SECRET}", "csrfmiddlewaretoken": token})


def ask_by_the_api(site: str, user: User) -> httpx.Response:
    headers = {"Authorization": f"Bearer {create_api_key(username=user.username)}"}
    question = [{"role": "user", "content": f"fail after 3, {SECRET}"}]
    return httpx.post(
        f"{site}/v1/chat/completions",
        json={"model": "instruct", "messages": question},
        headers=headers,
        timeout=PATIENCE,
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ask", [ask_in_the_browser, ask_by_the_api])
def test_one_request_is_found_in_web_and_worker_without_its_text(
    alice: User,
    live_asgi_server: str,
    counting_endpoint: object,
    tails: Tails,
    ask: Callable[[str, User], httpx.Response],
) -> None:
    answer = ask(live_asgi_server, alice)
    request_id = answer.headers["X-Request-Id"]
    generation = Generation.objects.get()
    assert SECRET in str(generation.messages)
    assert str(generation.request_id) == request_id
    wait_until(lambda: "generation left" in tails["worker"].of_request(request_id))
    wait_until(lambda: "request_finished" in tails["web"].of_request(request_id))

    web, worker = (tails[name].of_request(request_id) for name in ("web", "worker"))
    assert web.keys() >= {"request_started", "generation queued", "request_finished"}
    assert {web["generation queued"]["generation"], worker["generation claimed"]["generation"]} == {str(generation.pk)}
    assert worker["generation claimed"]["task_id"] == worker["generation left"]["task_id"]
    assert worker["generation claimed"]["endpoint"] == "counting"
    for tail in tails.values():
        assert SECRET not in tail.text


def test_warnings_are_json_too() -> None:
    warn = "import django, warnings; django.setup(); warnings.warn('Careful.')"
    environment = {**os.environ, "LOG_FORMAT": "json", "DJANGO_SETTINGS_MODULE": "project.settings"}
    command = [sys.executable, "-c", warn]
    said = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stderr
    assert "Careful." in json.loads(said)["event"]


@pytest.mark.django_db
def test_an_error_of_the_database_is_logged_without_the_row(alice: User) -> None:
    key = uuid4()
    start_generation(owner=alice, variant="instruct", messages=[], idempotency_key=key)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        start_generation(owner=alice, variant="instruct", messages=[], idempotency_key=key)
    assert str(key) in str(caught.value), "the error quotes what was sent"
    logged = format_exception((caught.type, caught.value, caught.tb))
    assert str(key) not in logged
    assert "psycopg.errors.UniqueViolation: duplicate key value violates unique constraint" in logged
    assert "django.db.utils.IntegrityError" in logged
    assert "in start_generation" in logged


@pytest.mark.django_db
def test_postgres_logs_no_failed_statement(services: Services) -> None:
    log = services.named("postgres").log
    start = log.stat().st_size
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (id, name) VALUES (1, NULL), (1, %s)", [SECRET])
    wait_until(lambda: b"violates" in log.read_bytes()[start:])
    assert SECRET.encode() not in log.read_bytes()[start:]
