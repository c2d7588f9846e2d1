"""The things that a refused person might have changed."""

from collections.abc import Iterable
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from apps.accounts.models import ApiKey, User
from apps.chat.models import Attachment, Conversation, Message, Preset, Share
from apps.endpoints.models import Endpoint
from tests.project.access_asking import SECRET, Ask, is_asked_to_sign_in, is_let_in, texts_of


def state_of_things() -> list[Any]:
    """Return the state of these things."""
    conversations = Conversation.objects.order_by("pk")
    return [
        list(conversations.values("title", "pinned_at", "archived_at", "deleted_at", "current", "updated_at")),
        list(conversations.values("endpoint_name", "system_prompt", "parameters")),
        list(Message.objects.order_by("pk").values("rating")),
        list(Share.objects.values("pk")),
        list(Preset.objects.values("pk", "name")),
        list(Attachment.objects.values("pk", "message")),
        list(ApiKey.objects.filter(name=SECRET).values()),
        list(Endpoint.objects.values("state", "url")),
        list(Authenticator.objects.order_by("pk").values("pk", "data")),
        list(UserSession.objects.filter(user_agent=SECRET).values("pk")),
    ]


def assert_only_its_owner_is_let_in(name: str, ask: Ask, owner: User, others: Iterable[User]) -> None:
    """Ask for the address as everybody: others find nothing, strangers sign in, and nothing changes."""
    before = state_of_things()
    for user in others:
        answers = ask(name, user)
        assert {answered.status_code for answered in answers.values()} <= {404, 405}
        assert SECRET not in texts_of(answers)
    assert all(is_asked_to_sign_in(answered) for answered in ask(name, None).values())
    assert state_of_things() == before
    owned = ask(name, owner)
    assert any(is_let_in(answered) for answered in owned.values())
    assert not {answered.status_code for answered in owned.values()} & {401, 403}
    assert owned["GET"].status_code != 404
