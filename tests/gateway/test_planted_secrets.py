"""A token, a key and prompts are planted, used and searched for wherever text ends up that others may read."""

import io
import subprocess
from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.embedded.engines.dumps import client_program
from apps.endpoints.models import Endpoint
from apps.generation.models import Generation
from apps.stores.redis import sync_client
from tests.gateway.calls import PATIENCE, body, ended
from tests.gateway.conftest import ApiOf
from tests.support.services import Services

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = "planted-token-0b9f"
PROMPT = "count to 3 planted-squirrel-7c1e"


def redis_content() -> Iterator[str]:
    """Every key of Redis with all that it holds."""
    client: Any = sync_client()
    read = {
        b"string": client.get,
        b"hash": client.hgetall,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
        b"stream": client.xrange,
    }
    for key in client.scan_iter(count=1000):
        kind = client.type(key)
        if kind != b"none":
            yield f"{key!r} {read[kind](key)!r}"


def dump_of_the_database() -> str:
    facts = connection.settings_dict
    where = [
        "--host",
        facts["HOST"],
        "--username",
        facts["USER"],
        *(["--port", str(facts["PORT"])] if facts["PORT"] else []),
    ]
    command = [client_program("pg_dump"), *where, "--data-only", str(facts["NAME"])]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=PATIENCE).stdout


@pytest.fixture
def used(counting_endpoint: Endpoint, api_of: ApiOf, alice: User, caplog: pytest.LogCaptureFixture) -> str:
    """A key with which a prompt was answered by a server with a token; its logs are kept."""
    admin = User.objects.create_superuser("admin")
    form = {"name": "counting", "url": counting_endpoint.url, "protocol": "openai", "variant": "instruct"}
    browser = Client()
    browser.force_login(admin)
    more = {"max_concurrency": "50", "priority": "0", "state": "enabled", "new_token": TOKEN, "model_id": "count-1"}
    with caplog.at_level("DEBUG"):
        assert browser.post(f"/endpoints/{counting_endpoint.pk}/", {**form, **more}).status_code == 302
        assert (
            browser.post(f"/admin/endpoints/endpoint/{counting_endpoint.pk}/change/", {**form, **more}).status_code
            == 302
        )
        api = api_of(alice)
        assert api.post("chat/completions", json=body(PROMPT)).status_code == 200
        assert ended(Generation.objects.get()).state == "succeeded"
    return str(api.headers["Authorization"]).removeprefix("Bearer ")


def test_tokens_and_keys_are_in_no_store_log_dump_or_export(
    used: str, alice: User, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    browser = Client()
    browser.force_login(alice)
    with ZipFile(io.BytesIO(browser.get("/accounts/export/").content)) as archive:
        export = "".join(archive.read(name).decode() for name in archive.namelist())
    logs = "".join(file.read_text(errors="replace") for file in services.layout.logs.rglob("*.log"))
    dump = dump_of_the_database()
    assert PROMPT in dump, "the dump holds what is stored"
    assert PROMPT in export, "and the export what is one's own"
    assert logs
    redis = "\n".join(redis_content())
    assert "workbench:" in redis
    for where in (redis, dump, export, logs, caplog.text):
        assert TOKEN not in where
        assert used not in where


def test_prompts_are_in_no_log_history_or_job(used: str, services: Services, caplog: pytest.LogCaptureFixture) -> None:
    logs = "".join(file.read_text(errors="replace") for file in services.layout.logs.rglob("*.log"))
    history = [str(row) for row in (*LogEntry.objects.values(), *AuditEntry.objects.values())]
    assert len(history) > 2
    for where in (logs, caplog.text, "\n".join(history), "\n".join(redis_content())):
        assert "planted-squirrel" not in where
