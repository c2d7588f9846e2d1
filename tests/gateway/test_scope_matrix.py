"""Every address of the API × every kind of use that a key can be limited to: what it opens, and 403 for the rest.

The addresses come from the URL configuration: a new one without an entry fails.
"""

import fnmatch
import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.accounts.keys.api_keys import KeyLimits, digest_of, issue_api_key
from apps.accounts.models import ApiKey, Scope, User
from apps.generation.models import Generation
from tests.project.access_table import ALL, For, audience_of

pytestmark = pytest.mark.django_db(transaction=True)

EVERY = set(Scope)
LISTING = {Scope.MODELS, Scope.CHAT, Scope.COMPLETION}
# The kinds of use that open an address, and what is posted there.
OPENED_BY: dict[str, tuple[set[Scope], dict[str, Any] | None]] = {
    "gateway:models": (LISTING, None),
    "gateway:model": (LISTING, None),
    "gateway:usage": ({Scope.USAGE}, None),
    "gateway:chat_completions": (
        {Scope.CHAT},
        {"model": "instruct", "messages": [{"role": "user", "content": "What?"}]},
    ),
    "gateway:completions": ({Scope.COMPLETION}, {"model": "base", "prompt": "def"}),
    "tgi:*": ({Scope.COMPLETION}, {"inputs": "def"}),
    "llama_cpp:*": ({Scope.COMPLETION}, {"input_prefix": "def", "input_suffix": "return"}),
    # A limited key finds the generations that it started itself; below.
    "gateway:generation": (EVERY, None),
    "gateway:generation_events": (EVERY, None),
    "gateway:cancel_generation": (EVERY, {}),
}
API = [name for name in ALL if audience_of(name) in {For.KEY, For.OWNERS_KEY}]


def entry_of(name: str) -> tuple[set[Scope], dict[str, Any] | None]:
    return next(entry for pattern, entry in OPENED_BY.items() if fnmatch.fnmatch(name, pattern))


def ask(name: str, key: str, generation: Generation) -> HttpResponse:
    values = {"model": "code-llama-instruct", "generation_id": str(generation.pk)}
    address = re.sub(r"<\w+:(\w+)>", lambda found: values[found[1]], ALL[name])
    body = entry_of(name)[1]
    headers = {"Authorization": f"Bearer {key}"}
    client = Client()
    if body is None:
        return client.get(address, headers=headers)  # type: ignore[return-value]  # the test client's own class
    return client.post(address, body, content_type="application/json", headers=headers)  # type: ignore[return-value]


def generation_of(owner: User, key: str) -> Generation:
    """A generation that is over, and was started with this key."""
    return Generation.objects.create(
        owner=owner,
        api_key=ApiKey.objects.get(digest=digest_of(key)),
        messages=[],
        state="cancelled",
        ended_at="2026-01-01T00:00Z",
    )


def test_every_address_of_the_api_says_what_opens_it() -> None:
    assert len(API) > 10
    assert [name for name in API if not any(fnmatch.fnmatch(name, pattern) for pattern in OPENED_BY)] == []
    assert [pattern for pattern in OPENED_BY if not fnmatch.filter(API, pattern)] == []


@pytest.mark.parametrize("name", API)
def test_a_limited_key_opens_what_it_is_for(name: str, alice: User) -> None:
    opened = set()
    for scope in Scope:
        key = issue_api_key(owner=alice, name=scope, limits=KeyLimits(scopes=[scope]))
        answer = ask(name, key, generation_of(alice, key))
        assert answer.status_code not in {401, 405, 500}, answer.content
        if answer.status_code == 403:
            assert answer["Content-Type"] == "application/json"
            assert b"API key may not" in answer.content
        else:
            opened.add(scope)
    assert opened == entry_of(name)[0]
    key = issue_api_key(owner=alice)
    assert ask(name, key, generation_of(alice, key)).status_code not in {401, 403, 405, 500}


@pytest.mark.parametrize("name", [name for name in API if audience_of(name) == For.OWNERS_KEY])
def test_a_limited_key_does_not_find_what_another_key_started(name: str, alice: User) -> None:
    other = generation_of(alice, issue_api_key(owner=alice))
    for scope in Scope:
        key = issue_api_key(owner=alice, name=scope, limits=KeyLimits(scopes=[scope]))
        assert ask(name, key, other).status_code == 404
        assert ask(name, key, generation_of(alice, key)).status_code == 200
