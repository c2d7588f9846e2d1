"""Fixtures of the chat's tests."""

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_user
from apps.chat.models import Conversation


@pytest.fixture
def staff(db: None) -> User:
    user, _ = create_user(username="admin", staff=True)
    return user


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which that person is signed in."""

    def client_of(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return client_of


@pytest.fixture
def conversation(alice: User) -> Conversation:
    """One of alice's, without messages yet."""
    return Conversation.objects.create(owner=alice, title="About sorting")
