"""The requests of callers: ``read`` checks their shape, ``check`` their values. Unknown fields are ignored."""

from apps.gateway.forms.chat_completion import ChatCompletion
from apps.gateway.forms.completion import Completion
from apps.gateway.forms.reading import read

type Request = ChatCompletion | Completion

__all__ = ["ChatCompletion", "Completion", "Request", "read"]
