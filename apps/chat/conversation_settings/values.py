"""The settings of a conversation: which server answers in it, what the model is told first, how it chooses its words.

Settings are a mapping of the names below. What is not set is ``None``; the endpoint and the system prompt are empty.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings

from apps.chat.models import Conversation
from apps.chat.models.preset import PARAMETERS
from apps.endpoints.models import Endpoint

NAMES = ("endpoint", "system_prompt", *PARAMETERS)
FIELDS = ("endpoint", "endpoint_name", "system_prompt", "parameters")

type Settings = Mapping[str, Any]


def settings_of(conversation: Conversation | None) -> dict[str, Any]:
    """All its settings, as they are; ``None`` is a new conversation."""
    conversation = conversation or Conversation()
    parameters = {name: conversation.parameters.get(name) for name in PARAMETERS}
    return {"endpoint": conversation.server_name, "system_prompt": conversation.system_prompt, **parameters}


def put_settings(conversation: Conversation, chosen: Settings) -> None:
    """Set what is in ``chosen`` on the conversation, which is not saved by that."""
    if "endpoint" in chosen and chosen["endpoint"] != conversation.server_name:
        conversation.endpoint = Endpoint.objects.filter(name=chosen["endpoint"]).first()
        conversation.endpoint_name = chosen["endpoint"]
    if "system_prompt" in chosen:
        conversation.system_prompt = chosen["system_prompt"]
    parameters = conversation.parameters | {name: chosen[name] for name in PARAMETERS if name in chosen}
    conversation.parameters = {name: value for name, value in parameters.items() if value is not None}


def parameters_for(conversation: Conversation) -> dict[str, Any]:
    """The sampling parameters that a reply in the conversation is asked for with."""
    return {"max_tokens": settings.CHAT_MAX_TOKENS, **conversation.parameters}
