"""Render messages for the page, for htmx and for the socket."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from apps.chat.markdown.citations import Cited
from apps.chat.markdown.questions import render_question
from apps.chat.markdown.renderer import render_markdown
from apps.chat.models import Conversation, Message
from apps.chat.selectors import queued_in
from apps.chat.transcript.paging import Gap, TranscriptItem
from apps.chat.transcript.status import doing
from apps.generation.models import Generation, State
from apps.generation.queue import position_of
from apps.generation.selectors import Written, text_so_far, written_so_far

KEPT = 256  # rendered replies that each process keeps, usually some 2 MB
LONGEST_KEPT = 20_000  # characters
LONG_KEPT = 8  # longer replies that are kept, at most some 10 MB: 5,000 lines of code take a second to render
LONGEST_LONG_KEPT = 200_000


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message, the HTML of its text, and what an unfinished reply waits for."""

    message: Message
    html: SafeString
    waiting: str = ""


def shown(items: Iterable[TranscriptItem]) -> list[ShownMessage | Gap]:
    """Return the messages with their texts as HTML, and the gaps between them."""
    return [item if isinstance(item, Gap) else show_message(item) for item in items]


def show_message(message: Message) -> ShownMessage:
    generation = message.generation
    if generation is None or generation.is_over:
        return ShownMessage(message, html_of(message))
    written = written_so_far(generation)
    return ShownMessage(message, _html(written.text, message), doing_of(generation, written))


def doing_of(generation: Generation, written: Written) -> str:
    """Return what an unfinished reply waits for, or "" while text arrives."""
    state = State(generation.state)
    position = position_of(generation.pk) if state == State.QUEUED else None
    has_run = generation.started_at is not None
    return doing(state, position, has_text=bool(written.text), is_growing=written.is_growing, has_run=has_run)


def html_of(message: Message) -> SafeString:
    """Return the HTML of the text so far."""
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
    """Render through a cache. The HTML depends on these arguments alone, so the cache is never out of date."""
    return render_markdown(text, cited)


_kept_question = lru_cache(maxsize=KEPT)(render_question)
_long_kept = lru_cache(maxsize=LONG_KEPT)(render_markdown)


def render_transcript(items: Iterable[TranscriptItem]) -> str:
    return render_to_string("chat/_transcript.html", {"items": shown(items)})


def render_message(message: Message, html: SafeString, waiting: str = "") -> str:
    return render_to_string("chat/_message.html", {"message": message, "html": html, "waiting": waiting})


def render_doing(waiting: str) -> str:
    """Render the state of an unfinished reply, which stands in its header."""
    return render_to_string("chat/_doing.html", {"waiting": waiting})


def render_queued(conversation: Conversation) -> str:
    """Render the queued message as it is stored now; nothing if there is none."""
    context = {"queued": queued_in(conversation), "conversation": conversation}
    return render_to_string("chat/_queued.html", context)


def render_sidebar_link(conversation: Conversation) -> str:
    return render_to_string("chat/_sidebar_link.html", {"item": conversation, "current": conversation})
