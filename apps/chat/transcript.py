"""Messages as the page, the htmx answer and the socket show them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Conversation, Message, MessageQuerySet
from apps.chat.wording import waiting_sentence
from apps.generation.models import State
from apps.generation.queue import place_of
from apps.generation.selectors import text_so_far

LONGEST_TRANSACTION = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message and the HTML of its text."""

    message: Message
    html: SafeString
    waiting: str = ""


def shown_messages(messages: MessageQuerySet) -> list[ShownMessage]:
    return [ShownMessage(message, html_of(message), waiting_of(message)) for message in messages.in_order()]


def waiting_of(message: Message) -> str:
    """Where a message that waits stands; empty for all others."""
    if message.generation is None or message.state != State.QUEUED:
        return ""
    return waiting_sentence(place_of(message.generation.pk))


def html_of(message: Message) -> SafeString:
    """The text of a message, as far as it is written."""
    if message.generation is None:
        return SafeString(escape(message.question))
    return mark_safe(render_markdown(text_so_far(message.generation), message.cited))  # noqa: S308 - cleaned by nh3


def render_message(message: Message, html: SafeString, waiting: str = "") -> str:
    return render_to_string("chat/_message.html", {"message": message, "html": html, "waiting": waiting})


def render_sidebar_link(conversation: Conversation) -> str:
    return render_to_string("chat/_sidebar_link.html", {"item": conversation, "current": conversation})


def now_as_moment() -> str:
    """The present instant, as the socket's ``since`` parameter carries it.

    A little earlier, in fact: what a page does not see may carry an older time, that of a transaction's beginning.
    """
    return (datetime.now(UTC) - LONGEST_TRANSACTION).isoformat()


def moment_from(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
