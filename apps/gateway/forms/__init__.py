"""The requests of callers, validated. Unknown fields are ignored."""

from apps.gateway.forms.chat_completion import ChatCompletion, read_chat_completion
from apps.gateway.forms.completion import Completion, read_completion

__all__ = ["ChatCompletion", "Completion", "read_chat_completion", "read_completion"]
