"""A site behind a proxy with TLS: cookies, redirects, HSTS, the origin of sockets, and Django's own check."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx2 as httpx
import pytest
from django.conf import settings as project_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from pytest_django import Settings

from apps.accounts.models import User
from apps.embedded import programs
from apps.embedded.ports import HOST, free_port
from apps.embedded.program import PROJECT_FOLDER, Program
from project.http.socket_origins import is_own_page
from tests.conftest import answers
from tests.project.test_headers import assert_protected
from tests.support.services import Running

pytestmark = [pytest.mark.django_db(transaction=True)]

NAME = "code.example.org"
SECURE = {"PUBLIC_URL": f"https://{NAME}", "BEHIND_PROXY": "true"}
OVER_TLS = {"Host": NAME, "X-Forwarded-Proto": "https", "Referer": f"https://{NAME}/"}
PLAIN = {"Host": NAME}


@pytest.fixture(scope="module")
def secure_site(run_program: Callable[[Program], Running]) -> str:
    port = free_port()
    run_program(replace(programs.web(port), name="secure-web", environment=SECURE)).wait_until(
        lambda: answers(f"http://{HOST}:{port}/healthz"), seconds=120
    )
    return f"http://{HOST}:{port}"


@pytest.fixture
def browser(secure_site: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=secure_site, timeout=60) as client:
        yield client


def session_of(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = project_settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def test_cookies_are_bound_to_this_host(browser: httpx.Client) -> None:
    set_cookie = browser.get("/accounts/sign-in/", headers=OVER_TLS).headers["Set-Cookie"]
    name, *attributes = set_cookie.split("; ")
    assert name.startswith("__Host-csrftoken=")
    assert {"HttpOnly", "Path=/", "SameSite=Lax", "Secure"} <= set(attributes)
    assert "Domain" not in set_cookie


def test_a_session_counts_under_the_bound_name_alone(browser: httpx.Client, alice: User) -> None:
    key = session_of(alice)
    codes = [
        browser.get("/chat/", headers={**OVER_TLS, "Cookie": f"{name}={key}"}).status_code
        for name in ("__Host-sessionid", "sessionid")
    ]
    assert codes == [200, 302]


@pytest.mark.parametrize("path", ["/", "/guide/", "/chat/", "/v1/models"])
def test_plain_http_is_led_to_https(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path, headers=PLAIN)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}{path}")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/readyz/worker", "/metrics"])
def test_checks_on_this_machine_need_no_tls(browser: httpx.Client, path: str) -> None:
    assert browser.get(path, headers=PLAIN).status_code in {200, 503}


def test_browsers_remember_https(browser: httpx.Client) -> None:
    assert browser.get("/guide/", headers=OVER_TLS).headers["Strict-Transport-Security"] == "max-age=2592000"


def test_files_errors_and_refused_bodies_protect_their_reader(browser: httpx.Client) -> None:
    style = browser.get("/guide/", headers=OVER_TLS).text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    found = browser.get(style, headers=OVER_TLS)
    assert found.status_code == 200
    strange = browser.get("/guide/", headers={**OVER_TLS, "Host": "evil.example"})
    assert strange.status_code == 400
    large = browser.post("/chat/", content=b"x" * 4_000_000, headers=OVER_TLS)
    assert large.status_code == 413
    for answer in (found, strange, large):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert_protected(browser.get("/nowhere/", headers=OVER_TLS), "/nowhere/")


@pytest.mark.parametrize(
    ("origin", "host", "is_own"),
    [
        (f"https://{NAME}", NAME, True),
        (f"https://{NAME}", "10.0.0.7:8000", True),  # a proxy that changes the host
        ("http://localhost:8000", "localhost:8000", True),
        ("http://localhost:3000", "localhost:8000", False),
        (f"https://{NAME}.evil.example", NAME, False),
        ("https://evil.example", NAME, False),
        ("http://evil.example:8000", "evil.example:8000", False),  # DNS rebinding
        ("null", NAME, False),
        ("", NAME, False),
        ("", "", False),
        ("https://[", NAME, False),
    ],
)
def test_sockets_are_for_our_own_pages(settings: Settings, origin: str, host: str, *, is_own: bool) -> None:
    settings.CSRF_TRUSTED_ORIGINS = [f"https://{NAME}"]
    settings.ALLOWED_HOSTS = [NAME, "localhost"]
    assert is_own_page({b"origin": origin.encode(), b"host": host.encode()}) is is_own


def test_djangos_check_finds_nothing() -> None:
    environment = {**os.environ, **SECURE, "SECRET_KEY": "aF3!kZ8-" * 8}
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "DEBUG"]
    answer = subprocess.run(command, cwd=PROJECT_FOLDER, env=environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout
