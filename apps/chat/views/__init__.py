"""The chat's views. Each page works as a plain page, and answers htmx with the part that changed."""

from apps.chat.views.asking import ask, home
from apps.chat.views.messages import edit, fork, go_on, rate, retry, show, stop, text
from apps.chat.views.pages import conversation

__all__ = ["ask", "conversation", "edit", "fork", "go_on", "home", "rate", "retry", "show", "stop", "text"]
