"""Upper bounds of the SQL statements of a request for a reply, before its ticket is sent."""

import json

import pytest

from apps.accounts.models import User
from apps.endpoints.services import add_endpoint
from apps.gateway.forms import ChatCompletion, read
from apps.gateway.services import start_replies
from apps.generation.models import State
from tests.support.statements import at_most


@pytest.mark.django_db
def test_start_of_a_reply(alice: User) -> None:
    add_endpoint(name="gpu-1", url="http://127.0.0.1:9", protocol="openai", variant="instruct")
    asked = {"model": "code-llama-instruct", "messages": [{"role": "user", "content": "count to 3"}]}
    request = read(json.dumps(asked).encode(), ChatCompletion)
    with at_most(7):
        (generation,) = start_replies(owner=alice, asked=request)
        known = (generation.state, generation.created_at.tzinfo is not None)
    assert known == (State.QUEUED, True), "the insert returns what the database set"
    generation.refresh_from_db()
    assert generation.messages == asked["messages"]
