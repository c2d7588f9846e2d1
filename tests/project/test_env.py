"""Settings from the environment, and the sentence for each that is wrong."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection

from apps.embedded.given import is_given
from apps.embedded.layout import Layout
from project.configuration import env


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:p%40ss%2Fword@Db.Example:5433/app",
            {"HOST": "Db.Example", "PORT": "5433", "NAME": "app", "USER": "ann", "PASSWORD": "p@ss/word"},
        ),
        ("postgres://db/app", {"HOST": "db", "PORT": "", "NAME": "app", "USER": "", "PASSWORD": ""}),
        ("postgresql://ann@%2FData%2FSockets/app", {"HOST": "/Data/Sockets", "USER": "ann", "NAME": "app"}),
        ("postgresql:///app?host=/Data/Sockets", {"HOST": "/Data/Sockets", "NAME": "app"}),
        ("postgresql://[::1]:5432/app", {"HOST": "::1", "PORT": "5432"}),
        ("postgresql://db/app?sslmode=require", {"OPTIONS": {"sslmode": "require"}}),
    ],
)
def test_database_url(url: str, expected: dict[str, Any]) -> None:
    found = env.database_settings(url)
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://db/app",
        "postgresql://ann:secret-word@db",
        "postgresql://ann:secret-word@db/",
        "postgresql://ann:secret-word@db:port/app",
        "postgresql://ann:secret-word@[::1/app",
        "postgresql://ann:secret-word@db/app?colour=red",
        "postgresql://ann:secret-word%zz@db/app",
        "dbname=app",
    ],
)
def test_broken_database_url_is_a_sentence_without_the_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_URL [^\n]*\.$") as error:
        env.database_settings(url)
    assert "secret-word" not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None


@pytest.mark.parametrize(
    ("redis_url", "broker"),
    [
        ("redis://host:6379/2", "redis://host:6379/2"),
        ("rediss://:word@host/0", "rediss://:word@host/0"),
        ("unix:///Data/valkey.sock?db=3", "redis+socket:///Data/valkey.sock?virtual_host=3"),
        ("unix:///Data/valkey.sock", "redis+socket:///Data/valkey.sock?virtual_host=0"),
    ],
)
def test_broker_is_the_same_redis(redis_url: str, broker: str) -> None:
    assert env.celery_broker_url(redis_url) == broker


def test_celery_reaches_the_broker_through_the_socket(redis_url: str) -> None:
    with Connection(env.celery_broker_url(redis_url)) as broker:
        broker.ensure_connection(max_retries=1)
        assert broker.connected


@pytest.mark.parametrize("url", ["host:6379", "http://host", "redis://", "unix://"])
def test_broken_redis_url_is_a_sentence(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL [^\n]*\.$"):
        env.celery_broker_url(url)


def test_numbers_words_and_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {"N": " 7 ", "F": "0.5", "YES": "On", "NO": "0", "LIST": "a, b,,", "EMPTY": " "}.items():
        monkeypatch.setenv(name, text)
    assert env.read_int("N", 1) == 7
    assert env.read_float("F", 1.0) == 0.5
    assert env.read_bool("YES", default=False) is True
    assert env.read_bool("NO", default=True) is False
    assert env.read_list("LIST", "") == ["a", "b"]
    assert env.read_int("EMPTY", 3) == 3
    assert env.read_int("UNSET_ANYWHERE", 4) == 4


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda: env.read_int("WRONG", 1), "WRONG must be a whole number, not 'maybe'."),
        (lambda: env.read_float("WRONG", 1.0), "WRONG must be a number, not 'maybe'."),
        (lambda: env.read_bool("WRONG", default=True), "WRONG must be true or false, not 'maybe'."),
    ],
    ids=["whole number", "number", "word"],
)
def test_wrong_word_is_a_sentence_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, read: Any, sentence: str
) -> None:
    monkeypatch.setenv("WRONG", "maybe")
    with pytest.raises(ImproperlyConfigured) as error:
        read()
    assert str(error.value) == sentence


def test_given_secret_key_is_used(tmp_path: Path) -> None:
    assert env.secret_key(Layout(tmp_path / "data")) == settings.SECRET_KEY
    assert not (tmp_path / "data").exists()


def test_secret_key_is_made_once_and_only_the_owner_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    layout = Layout(tmp_path / "deep" / "data")
    key = env.secret_key(layout)
    assert len(key) >= 50
    assert env.secret_key(layout) == key
    assert stat.S_IMODE(layout.secret_key.stat().st_mode) == 0o600
    assert [path.name for path in layout.data_dir.iterdir()] == ["secret_key"]


def test_processes_that_start_together_agree_on_the_secret_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    for attempt in range(20):
        layout = Layout(tmp_path / str(attempt))
        with ThreadPoolExecutor(8) as threads:
            keys = set(threads.map(env.secret_key, [layout] * 8))
        assert len(keys) == 1
        assert keys != {""}


def test_unusable_data_dir_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ImproperlyConfigured, match=r"^DATA_DIR [^\n]+ cannot be used: Not a directory\. [^\n]+\.$"):
        env.secret_key(Layout(tmp_path / "file" / "data"))


def test_broken_variable_stops_the_settings() -> None:
    broken = {**os.environ, "DATABASE_URL": "mysql://ann:secret-word@db/app"}
    command = [sys.executable, "-c", "import project.settings"]
    result = subprocess.run(command, env=broken, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert "DATABASE_URL must look like postgresql://" in result.stderr
    assert "secret-word" not in result.stderr


@pytest.mark.parametrize(
    ("url", "expected", "host"),
    [
        ("https://code.example.org/", "https://code.example.org", "code.example.org"),
        ("http://[::1]:8000", "http://[::1]:8000", "[::1]"),
    ],
)
def test_public_url(monkeypatch: pytest.MonkeyPatch, url: str, expected: str, host: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    assert env.read_url("PUBLIC_URL", "") == expected
    assert env.host_of(expected) == host


@pytest.mark.parametrize("url", ["code.example.org", "ftp://code.example.org", "https://", "https://example.org/code"])
def test_broken_public_url(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PUBLIC_URL", url)
    with pytest.raises(ImproperlyConfigured, match=r"^PUBLIC_URL must look like https://"):
        env.read_url("PUBLIC_URL", "")


def test_a_setting_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("from the file\n")
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / "token"))
    monkeypatch.setenv("METRICS_TOKEN", "")
    assert env.read_text("METRICS_TOKEN", "") == "from the file"
    monkeypatch.setenv("METRICS_TOKEN", "from the variable")
    assert env.read_text("METRICS_TOKEN", "") == "from the variable"


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_file_that_cannot_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    monkeypatch.setenv("METRICS_TOKEN_FILE", str(tmp_path / "token"))
    with pytest.raises(ImproperlyConfigured, match=r"^METRICS_TOKEN_FILE names .* cannot be read as text\.$"):
        env.read_text("METRICS_TOKEN", "")


def test_a_database_named_in_a_file_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_given("DATABASE_URL")
    monkeypatch.setenv("DATABASE_URL_FILE", "/run/secrets/database_url")
    assert is_given("DATABASE_URL")
