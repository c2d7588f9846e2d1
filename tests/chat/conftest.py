"""Fixtures of the chat's tests."""

from typing import Any

import pytest
from markdown_it.token import Token

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.chat.markdown.renderer import parser
from apps.chat.models import Conversation


@pytest.fixture
def staff(db: None) -> User:
    user, _ = create_user(username="admin", staff=True)
    return user


@pytest.fixture
def conversation(alice: User) -> Conversation:
    """One of alice's, without messages yet."""
    return Conversation.objects.create(owner=alice, title="About sorting")


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the texts that the Markdown parser was given."""
    lengths: list[int] = []
    whole_parse = parser().parse

    def counting_parse(src: str, env: Any = None) -> list[Token]:
        lengths.append(len(src))
        return whole_parse(src, env)

    monkeypatch.setattr(parser(), "parse", counting_parse)
    return lengths
