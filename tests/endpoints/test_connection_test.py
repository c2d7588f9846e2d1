"""The Test button: every step through a real worker, for good servers and bad ones, and no token on the way."""

import re
import time
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.test import Client

from apps.accounts.models import User
from apps.embedded.ports import free_port
from apps.endpoints.connection_test import record as test_record
from apps.endpoints.connection_test.record import (
    Candidate,
    ConnectionTestRecord,
    StepResult,
    claim_record,
    open_record,
    read_record,
)
from apps.endpoints.connection_test.run import STEPS
from apps.endpoints.models import Endpoint
from apps.endpoints.security.tokens import seal
from apps.endpoints.services.start_connection_test import run_connection_test
from apps.stores.redis import sync_client
from apps.stores.threads import in_thread
from tests.endpoints.conftest import PLAIN_TOKEN, Add
from tests.support.scripted_server import ScriptedServer, counting_server, scripted_server
from tests.support.services import Running
from tests.support.wire import whole

__all__ = ["counting_server", "scripted_server"]

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60.0  # seconds


def filled(url: str, **changes: str) -> dict[str, str]:
    form = {"name": "gpu-1", "url": url, "protocol": "openai", "variant": "instruct", "size": ""}
    return {**form, "model_id": "", "max_concurrency": "4", "priority": "0", "state": "enabled", **changes}


def wait_for_end(test_id: str, owner: User) -> ConnectionTestRecord:
    give_up = time.monotonic() + PATIENCE
    while True:
        record = read_record(test_id, owner_id=owner.pk)
        assert record is not None
        if record.is_over:
            return record
        assert time.monotonic() < give_up, record
        time.sleep(0.05)


def try_out(client: Client, url: str, path: str = "/endpoints/test/", **changes: str) -> dict[str, StepResult]:
    """Press the button and wait; the results by step."""
    response = client.post(path, filled(url, **changes))
    assert response.status_code == 302, response.text
    test_id = response["Location"].rstrip("/").rpartition("/")[2]
    record = wait_for_end(test_id, User.objects.get(username="erin"))
    assert record.trouble == ""
    return {result.step: result for result in record.results}


def outcomes(results: dict[str, StepResult]) -> dict[str, str]:
    return {step: result.outcome for step, result in results.items()}


@pytest.fixture
def worker(celery_worker_process: Running) -> Running:
    return celery_worker_process


def test_a_good_server_passes(worker: Running, staff_client: Client, counting_server: str) -> None:
    results = try_out(staff_client, counting_server)
    assert list(results) == list(STEPS)
    assert outcomes(results) == {
        "reachability": "passed",
        "authentication": "passed",
        "tokenization": "passed",
        "chat": "passed",
        "streaming": "passed",
        "infilling": "not_offered",
        "cancel": "passed",
        "second_opinion": "passed",
    }
    assert "counting" in results["reachability"].sentence
    assert results["authentication"].sentence == "It asks for no token."
    assert results["chat"].sentence == "It wrote “1”."
    assert all(result.sentence.endswith(".") for result in results.values())
    assert not Endpoint.objects.exists(), "a test stores nothing"


def test_a_real_model_server_passes(worker: Running, staff_client: Client, model_server: str) -> None:
    results = try_out(staff_client, model_server)
    assert outcomes(results) == dict.fromkeys(STEPS, "passed") | dict.fromkeys(
        ("infilling", "second_opinion"), "not_offered"
    )
    assert "llama.cpp" in results["reachability"].sentence


def test_a_model_that_fills_in_is_asked_to(worker: Running, staff_client: Client, counting_server: str) -> None:
    results = try_out(staff_client, counting_server, variant="base", size="7B")
    assert outcomes(results) == dict.fromkeys(STEPS, "passed"), results
    assert "“return …”" in results["infilling"].sentence


def test_a_dead_server_fails_at_once(worker: Running, staff_client: Client) -> None:
    results = try_out(staff_client, f"http://127.0.0.1:{free_port()}")
    assert outcomes(results) == {"reachability": "failed"} | dict.fromkeys(list(STEPS)[1:], "not_tried")
    assert results["reachability"].sentence.startswith("The model server refused the connection")


async def test_a_server_that_refuses_the_token_fails_there(
    worker: Running, staff_client: Client, scripted_server: ScriptedServer
) -> None:
    for _ in range(30):
        scripted_server.answer(*whole(401, f'{{"error": "who is {PLAIN_TOKEN}?"}}'.encode()))
    results = await in_thread(try_out)(staff_client, scripted_server.url, new_token=PLAIN_TOKEN)
    wanted = {"reachability": "passed", "authentication": "failed"}
    assert outcomes(results) == wanted | dict.fromkeys(list(STEPS)[2:], "not_tried")
    assert "does not accept the token" in results["authentication"].sentence
    assert any(request.headers.get("authorization") == f"Bearer {PLAIN_TOKEN}" for request in scripted_server.requests)
    assert all(PLAIN_TOKEN not in result.sentence for result in results.values())


def test_a_web_site_is_no_model_server(worker: Running, staff_client: Client, live_asgi_server: str) -> None:
    results = try_out(staff_client, live_asgi_server)
    assert "failed" in outcomes(results).values()
    assert outcomes(results)["cancel"] in {"failed", "not_tried"}


async def test_the_stored_token_is_used_and_stays(
    add: Add, worker: Running, staff_client: Client, scripted_server: ScriptedServer
) -> None:
    endpoint = await in_thread(add)(url=scripted_server.url, protocol="openai", token=PLAIN_TOKEN)
    path = f"/endpoints/{endpoint.pk}/test/"
    results = await in_thread(try_out)(staff_client, scripted_server.url, path, priority="9")
    assert outcomes(results)["chat"] == "passed"
    assert results["authentication"].sentence == "It accepts the token, but answers anybody without it too."
    sent = [request.headers.get("authorization") for request in scripted_server.requests]
    assert f"Bearer {PLAIN_TOKEN}" in sent
    stored = await in_thread(Endpoint.objects.get)()
    assert (stored.token, stored.priority) == (PLAIN_TOKEN, 0)


def test_steps_appear_as_they_end(staff_client: Client, erin: User) -> None:
    test_id = open_record(Candidate("http://gpu-1", "openai", "instruct", "7B", ""), owner_id=erin.pk)
    asked = {"HX-Request": "true"}
    waiting = staff_client.get(f"/endpoints/tests/{test_id}/", headers=asked).text
    assert waiting.count('data-outcome="waiting"') == len(STEPS) - 1
    assert 'data-step="reachability" data-outcome="running"' in waiting
    assert "every 500ms" in waiting
    test_record.add_result(test_id, StepResult("reachability", "failed", 1.5, "Nobody <there>."))
    begun = staff_client.get(f"/endpoints/tests/{test_id}/", headers=asked).text
    assert 'data-step="reachability" data-outcome="failed"' in begun
    assert "Nobody &lt;there&gt;." in begun
    assert "1.5 s" in begun
    for step in list(STEPS)[1:]:
        test_record.add_result(test_id, StepResult(step, "not_tried", 0, ""))
    test_record.close_record(test_id)
    over = staff_client.get(f"/endpoints/tests/{test_id}/", headers=asked).text
    assert "This server is not ready. Failed: reach the server" in over
    assert "hx-get" not in over, "nothing more is asked for"


def test_without_a_worker_it_says_so(staff_client: Client, erin: User, monkeypatch: pytest.MonkeyPatch) -> None:
    test_id = open_record(Candidate("http://gpu-1", "openai", "instruct", "7B", ""), owner_id=erin.pk)
    monkeypatch.setattr(test_record, "CLAIM_SECONDS", 0.0)
    page = staff_client.get(f"/endpoints/tests/{test_id}/").text
    assert "No worker has taken the test up." in page


def test_a_form_with_errors_is_not_tested(staff_client: Client, erin: User) -> None:
    response = staff_client.post("/endpoints/test/", filled("http://169.254.169.254", name=""))
    assert response.status_code == 422
    assert "Not tested: correct the form first" in response.text
    assert "metadata" in response.text
    assert keys_of_tests() == set()


def test_a_task_that_is_delivered_twice_runs_once(erin: User) -> None:
    test_id = open_record(Candidate("http://gpu-1", "openai", "instruct", "7B", ""), owner_id=erin.pk)
    assert claim_record(test_id) is not None
    assert claim_record(test_id) is None
    run_connection_test(test_id="an-id-that-has-expired")


def test_the_token_is_nowhere_in_plain(worker: Running, staff_client: Client, counting_server: str) -> None:
    """Neither in what is sent to Redis, Celery's messages included, nor in a page."""
    erin = User.objects.get(username="erin")
    client: Any = client_of_redis()
    with client.monitor() as monitor:
        response = staff_client.post("/endpoints/test/", filled(counting_server, new_token=PLAIN_TOKEN))
        test_id = response["Location"].rstrip("/").rpartition("/")[2]
        wait_for_end(test_id, erin)
        client_of_redis().echo("that was all")
        sent = commands_until(monitor, "that was all")
    messages = [b64decode(body).decode() for body in re.findall(r'"body\\?": \\?"([\w+/=]+)', sent)]
    assert any(test_id in message for message in messages), "the task's message was seen"
    assert test_id in sent
    assert "sealed_token" in sent
    page = staff_client.get(f"/endpoints/tests/{test_id}/").text
    assert "This server works" in page
    for text in [sent, page, *messages]:
        assert PLAIN_TOKEN not in text


def test_who_takes_a_test_up_takes_the_token_with_it(erin: User) -> None:
    candidate = Candidate("http://gpu-1", "openai", "instruct", "7B", "", seal(PLAIN_TOKEN))
    test_id = open_record(candidate, owner_id=erin.pk)
    key = next(iter(keys_of_tests()))
    assert client_of_redis().hget(key, "sealed_token") == candidate.sealed_token.encode()
    assert claim_record(test_id) == candidate
    assert client_of_redis().hget(key, "sealed_token") is None
    assert 0 < client_of_redis().ttl(key) <= test_record.RECORD_SECONDS


@pytest.fixture
def erin(staff_client: Client) -> Iterator[User]:
    drop_all_keys()
    yield User.objects.get(username="erin")
    drop_all_keys()


def client_of_redis() -> "redis.Redis":
    return sync_client()


def keys_of_tests() -> set[bytes]:
    return set(client_of_redis().keys("workbench:connection-test:*"))  # type: ignore[arg-type]


def drop_all_keys() -> None:
    for key in keys_of_tests():
        client_of_redis().delete(key)


def commands_until(monitor: Any, last: str) -> str:
    """Every command that any client sent to Redis, as text."""
    commands: list[str] = []
    for command in monitor.listen():
        commands.append(command["command"])
        if last in command["command"]:
            return "\n".join(commands)
    raise AssertionError
