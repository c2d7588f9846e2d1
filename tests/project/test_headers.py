"""Every answer of the site carries the headers that protect its reader, and shows uploads as nothing but text."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.chat.models import Attachment, Share
from tests.project.access_asking import PARAMETER, address_of, arguments, ask, staff
from tests.project.access_table import ALL, For, audience_of

__all__ = ["arguments", "ask", "staff"]

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
REFERRER_POLICIES = {"same-origin", "no-referrer", "strict-origin"}  # the last names the site, never the address
DIRECTIVES = {
    "default-src": {"'self'"},
    "script-src": {"'self'"},
    "style-src": {"'self'"},
    "object-src": {"'none'"},
    "base-uri": {"'none'"},
    "form-action": {"'self'"},
    "frame-ancestors": {"'none'"},
}
PLANTED = "<script>planted()</script>"
# Addresses that answer with what somebody has uploaded.
UPLOADS = {"chat:attachment_text", "chat:shared_file_text"}


def read_policy(text: str) -> dict[str, set[str]]:
    """Return the values of each directive, without nonces."""
    directives = [part.split() for part in text.split(";")]
    return {name: {value for value in values if not value.startswith("'nonce-")} for name, *values in directives}


def assert_protected(response: Any, name: str) -> None:
    policy = read_policy(response.headers["Content-Security-Policy"])
    assert {directive: policy[directive] for directive in DIRECTIVES} == DIRECTIVES, name
    assert {header: response.headers.get(header) for header in HEADERS} == HEADERS, name
    assert response.headers["Referrer-Policy"] in REFERRER_POLICIES, name


@pytest.mark.django_db(transaction=True)
def test_every_address_protects_its_reader(ask: Any, alice: User, staff: User) -> None:
    admin = Client(raise_request_exception=False)
    admin.force_login(staff)
    for name in ALL:
        if audience_of(name) == For.ADMIN:
            assert_protected(admin.get(PARAMETER.sub("1", ALL[name])), name)
            continue
        for person in (None, alice, staff):
            for answer in ask(name, person).values():
                assert_protected(answer, name)


@pytest.mark.django_db(transaction=True)
def test_uploads_are_shown_as_text_alone(arguments: dict[str, Any], alice: User, staff: User) -> None:
    Attachment.objects.filter(message=None).update(name="planted.html", text=PLANTED)
    Share.objects.update(files=[{"name": "planted.html", "text": PLANTED}])
    browser = Client(raise_request_exception=False)
    browser.force_login(alice)
    downloads = set()
    for name in ALL:
        address = (
            PARAMETER.sub("1", ALL[name]) if audience_of(name) == For.ADMIN else address_of(name, arguments, staff)
        )
        answer: Any = browser.get(address)
        if answer.streaming or PLANTED not in answer.content.decode(errors="replace"):
            continue
        downloads.add(name)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8", name
        assert answer.headers["Content-Disposition"] == 'attachment; filename="planted.html"', name
        assert answer.headers["X-Content-Type-Options"] == "nosniff", name
    assert downloads == UPLOADS


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/nowhere/", "/chat/nowhere/", "/v1/nowhere"])
def test_refusals_protect_their_reader(client: Client, address: str) -> None:
    assert_protected(client.get(address), address)
