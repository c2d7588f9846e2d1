"""What the page says of who answers, and its panel of settings."""

from typing import Any

from apps.chat.conversation_settings.servers import ChatServers, chat_servers
from apps.chat.conversation_settings.settings_form import SettingsForm
from apps.chat.models import Conversation, Mode


def assistant_context(
    shown: Conversation | None, mode: Mode, form: SettingsForm | None = None, *, servers: ChatServers | None = None
) -> dict[str, Any]:
    """``form`` are settings that were refused, or with which a conversation may begin."""
    servers = servers or chat_servers()
    return {
        "mode": mode,
        "servers": servers.notice(shown),
        "answering": servers.answering(shown),
        "settings_form": form or SettingsForm(conversation=shown, servers=servers, mode=mode),
    }
