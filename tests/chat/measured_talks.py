"""A server with a context window, a conversation whose tokens it has counted, and their context usage."""

from collections.abc import Sequence
from typing import Any

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.chat.context.estimate import Estimate, estimate_usage
from apps.chat.context.usage import ContextUsage
from apps.chat.conversation_settings.servers import chat_servers
from apps.chat.models import Attachment, Conversation
from apps.endpoints.models import Endpoint
from apps.endpoints.services import add_endpoint
from apps.generation.models import Generation
from tests.chat.exchanges import answered_conversation, answered_message

HTMX = {"HX-Request": "true"}
GAUGE = "/chat/gauge/"
NOBODY = 0  # is in no group


@pytest.fixture
def server(db: None, settings: Settings) -> Endpoint:
    """A model server with a window of 4,000 tokens, of which a reply may take 1,000."""
    settings.CHAT_MAX_TOKENS = 1_000
    return add_server("gpu-1", 4_000)


def add_server(name: str, window: int | None, **fields: Any) -> Endpoint:
    endpoint = add_endpoint(name=name, url=f"http://{name}:80", protocol="tgi", variant="instruct")
    Endpoint.objects.filter(pk=endpoint.pk).update(context_window_override=window, **fields)
    endpoint.refresh_from_db()
    return endpoint


def usage_of(conversation: Conversation | None, draft: str = "", files: Sequence[Attachment] = ()) -> ContextUsage:
    return estimate(conversation, draft, files).usage


def estimate(conversation: Conversation | None, draft: str = "", files: Sequence[Attachment] = ()) -> Estimate:
    found = estimate_usage(conversation or Conversation(), draft=draft, files=files, servers=chat_servers(NOBODY))
    assert found is not None
    return found


def counted(conversation: Conversation, *usage: tuple[int, int], **fields: Any) -> Conversation:
    """Be the server that says of each reply how long its prompt was, and itself."""
    replies = conversation.thread.filter(generation__isnull=False).order_by("position")
    for reply, (prompt, completion) in zip(replies, usage, strict=True):
        Generation.objects.filter(message=reply).update(prompt_tokens=prompt, completion_tokens=completion, **fields)
    return conversation


@pytest.fixture
def talk(alice: User) -> Conversation:
    """Two exchanges of twenty characters each."""
    conversation = answered_conversation(alice, "q" * 10, "a" * 10)
    answered_message(conversation, "q" * 10, "a" * 10)
    return conversation


@pytest.fixture
def tgi(server: Endpoint) -> Endpoint:
    """Its window has room for longer prompts than it takes."""
    Endpoint.objects.update(discovered={"max_input_tokens": 2_500})
    server.refresh_from_db()
    return server
