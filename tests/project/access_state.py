"""The things that a refused person might have changed."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from apps.accounts.models import ApiKey
from apps.chat.models import Attachment, Conversation, Message, Preset, Share
from apps.endpoints.models import Endpoint
from tests.project.access_asking import SECRET


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
