"""The settings of a conversation: endpoint, system prompt and sampling parameters.

Settings are a mapping of the names below. Unset values are ``None``; the endpoint and system prompt are empty then.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.chat.models import Conversation, Mode
from apps.endpoints.models import Endpoint
from apps.inference.requests import SAMPLING_PARAMETERS

NAMES = ("endpoint", "system_prompt", *SAMPLING_PARAMETERS)
FIELDS = ("endpoint", "endpoint_name", "system_prompt", "parameters")
GUIDE_MAX_TOKENS = 400  # replies from the guide are a few sentences; a small model may never end its reply

type Settings = Mapping[str, Any]


def settings_of(conversation: Conversation | None) -> dict[str, Any]:
    """Return all settings; ``None`` is a new conversation."""
    conversation = conversation or Conversation()
    parameters = {name: conversation.parameters.get(name) for name in SAMPLING_PARAMETERS}
    return {"endpoint": conversation.server_name, "system_prompt": conversation.system_prompt, **parameters}


def put_settings(conversation: Conversation, chosen: Settings) -> None:
    """Set ``chosen`` on the conversation, without saving it."""
    if "endpoint" in chosen and chosen["endpoint"] != conversation.server_name:
        conversation.endpoint = Endpoint.objects.filter(name=chosen["endpoint"]).first()
        conversation.endpoint_name = chosen["endpoint"]
    if "system_prompt" in chosen:
        conversation.system_prompt = chosen["system_prompt"]
    parameters = conversation.parameters | {name: chosen[name] for name in SAMPLING_PARAMETERS if name in chosen}
    conversation.parameters = {name: value for name, value in parameters.items() if value is not None}


def parameters_for(conversation: Conversation) -> dict[str, Any]:
    """Return the sampling parameters of the next reply."""
    return {"max_tokens": longest_reply(conversation.mode), **conversation.parameters}


def longest_reply(mode: str) -> int:
    """Return the greatest length of a reply in tokens in a conversation of this mode, without settings."""
    most: int = settings.CHAT_MAX_TOKENS
    return min(most, GUIDE_MAX_TOKENS) if mode == Mode.GUIDE else most
