"""Messages as the page, the htmx answer and the socket show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from apps.chat.markdown.citations import Cited
from apps.chat.markdown.questions import render_question
from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Conversation, Message
from apps.chat.transcript.paging import Gap, Part
from apps.chat.transcript.status import doing
from apps.generation.models import Generation, State
from apps.generation.queue import position_of
from apps.generation.selectors import Written, text_so_far, written_so_far

KEPT = 256  # rendered replies in each process, some 2 MB as they usually are
LONGEST_KEPT = 20_000  # characters
LONG_KEPT = 8  # of longer ones, some 10 MB at the most: 5,000 lines of code take a second to render
LONGEST_LONG_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message, the HTML of its text, and what it waits for where it is not over and not being written."""

    message: Message
    html: SafeString
    waiting: str = ""


def shown(parts: Iterable[Part]) -> list[ShownMessage | Gap]:
    """The messages with their texts as HTML, and the gaps between them."""
    return [part if isinstance(part, Gap) else show_message(part) for part in parts]


def show_message(message: Message) -> ShownMessage:
    generation = message.generation
    if generation is None or generation.is_over:
        return ShownMessage(message, html_of(message))
    written = written_so_far(generation)
    return ShownMessage(message, _html(written.text, message), doing_of(generation, written))


def doing_of(generation: Generation, written: Written) -> str:
    """What a reply waits for that is not over, as far as it is known without following it."""
    state = State(generation.state)
    position = position_of(generation.pk) if state == State.QUEUED else None
    has_run = generation.started_at is not None
    return doing(state, position, has_text=bool(written.text), is_growing=written.is_growing, has_run=has_run)


def html_of(message: Message) -> SafeString:
    """The text of a message, as far as it is written."""
    if message.generation is None:
        return mark_safe(_kept_question(message.question))  # noqa: S308 - escaped, its code cleaned by nh3
    return _html(text_so_far(message.generation), message)


def _html(text: str, message: Message) -> SafeString:
    return mark_safe(_rendered(text, tuple(message.cited)))  # noqa: S308 - cleaned by nh3


def _rendered(text: str, cited: tuple[Cited, ...]) -> str:
    if len(text) <= LONGEST_KEPT:
        return _kept(text, cited)
    return (_long_kept if len(text) <= LONGEST_LONG_KEPT else render_markdown)(text, cited)


@lru_cache(maxsize=KEPT)
def _kept(text: str, cited: tuple[Cited, ...]) -> str:
    """What is rendered depends on nothing else, so it is never out of date."""
    return render_markdown(text, cited)


_kept_question = lru_cache(maxsize=KEPT)(render_question)
_long_kept = lru_cache(maxsize=LONG_KEPT)(render_markdown)


def render_transcript(parts: Iterable[Part]) -> str:
    return render_to_string("chat/_transcript.html", {"parts": shown(parts)})


def render_message(message: Message, html: SafeString, waiting: str = "") -> str:
    return render_to_string("chat/_message.html", {"message": message, "html": html, "waiting": waiting})


def render_sidebar_link(conversation: Conversation) -> str:
    return render_to_string("chat/_sidebar_link.html", {"item": conversation, "current": conversation})
