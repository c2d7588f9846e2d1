"""Behind a trusted proxy, each person's limit counts for their own address, on a real server."""

import re
import urllib.request
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest

from apps.accounts.sign_in import attempts

pytestmark = pytest.mark.django_db(transaction=True)

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def guess(site: str, address: str) -> int:
    """Try a wrong password through a proxy that says whom it speaks for, and return the answer's status."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    browser.addheaders = [("X-Forwarded-For", address)]
    with browser.open(f"{site}/accounts/sign-in/") as page:
        found = TOKEN.search(page.read().decode())
    assert found
    form = {"csrfmiddlewaretoken": found[1], "username": "dana", "password": "wrong"}
    try:
        with browser.open(f"{site}/accounts/sign-in/", urlencode(form).encode()) as answer:
            return int(answer.status)
    except HTTPError as error:
        with error:
            return error.code


def test_people_behind_a_proxy_do_not_share_a_limit(live_asgi_server: str, transactional_db: None) -> None:
    """uvicorn trusts proxies on its own machine; ``FORWARDED_ALLOW_IPS`` names others."""
    attempts.limiter().storage.reset()
    for _ in range(9):  # checking a password takes the server a second each time
        attempts.count_attempt(username="dana", address="192.0.2.1")
    assert [guess(live_asgi_server, "192.0.2.1") for _ in range(2)] == [200, 429]
    assert guess(live_asgi_server, "192.0.2.2") == 200
