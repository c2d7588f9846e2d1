"""HTML for open pages: htmx partials that name what they change.

A partial is inert outside htmx. The text in it is escaped or cleaned before it gets here; a model cannot write one,
because raw HTML in a reply is shown as text.
"""

from collections.abc import Iterable
from uuid import UUID

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from apps.chat.markdown.changes import Append, Change, Extend, Finish, Grow, Replace
from apps.chat.models import Conversation, Message
from apps.chat.transcript.paging import TranscriptItem
from apps.chat.transcript.render import (
    render_doing,
    render_message,
    render_queued,
    render_sidebar_link,
    render_transcript,
)
from apps.chat.transcript.status import ENDS
from apps.generation.models import State


def upsert_message(message: Message, html: SafeString, waiting: str = "") -> str:
    """Show the message, or replace it if it is shown."""
    article = mark_safe(render_message(message, html, waiting))  # noqa: S308 - rendered by a template
    return format_html('<hx-upsert hx-target="#transcript" key="data-position">{}</hx-upsert>', article)


def replace_transcript(items: Iterable[TranscriptItem]) -> str:
    """Replace all messages by these."""
    return f'<hx-partial hx-target="#transcript" hx-swap="innerHTML settle:0">{render_transcript(items)}</hx-partial>'


def with_open_block(message: Message, finished: str, still_open: str) -> SafeString:
    """Return the HTML of an unfinished reply: finished blocks, and the open one that later frames change."""
    return format_html(
        '{}<div class="message__open prose__part" id="{}-open">{}</div>',
        mark_safe(finished),  # noqa: S308 - cleaned by nh3
        message.dom_id,
        mark_safe(still_open),  # noqa: S308 - cleaned by nh3
    )


def update_around_text(message: Message, waiting: str = "") -> str:
    """Update everything around the text; the text is on the page already."""
    article = mark_safe(render_message(message, SafeString(), waiting))  # noqa: S308 - rendered by a template
    return format_html('<hx-partial hx-target="#{}" hx-swap="outerMorph">{}</hx-partial>', message.dom_id, article)


def update_doing(message: Message, waiting: str) -> str:
    """Update the sentence about what an unfinished reply waits for. The rest of its state is unchanged."""
    word = mark_safe(render_doing(waiting).strip())  # noqa: S308 - rendered by a template
    return format_html(
        '<hx-partial hx-target="#{} .state" hx-swap="outerHTML settle:0">{}</hx-partial>', message.dom_id, word
    )


def update_sidebar(conversation: Conversation) -> str:
    link = mark_safe(render_sidebar_link(conversation))  # noqa: S308 - rendered by a template
    return format_html(
        '<hx-partial hx-target="#conversation-{}" hx-swap="outerHTML">{}</hx-partial>', conversation.pk, link
    )


def show_queued(conversation: Conversation) -> str:
    """Show the present queued message, or none."""
    return f'<hx-partial hx-target="#queued" hx-swap="innerHTML">{render_queued(conversation)}</hx-partial>'


def update_title(conversation_id: UUID, title: str) -> str:
    return format_html(
        "<title>{title} · Code Llama Workbench</title>"
        '<hx-partial hx-target="#conversation-title" hx-swap="textContent">{title}</hx-partial>'
        '<hx-partial hx-target="#conversation-{id} .conversation__title" hx-swap="textContent">{title}</hx-partial>',
        title=title,
        id=conversation_id,
    )


def announce(sentence: str) -> str:
    """Announce ``sentence``, unless it is empty."""
    return _say("announcer", sentence) if sentence else ""


def announce_end(message: Message) -> str:
    """Announce how a reply ended; a failure interrupts."""
    generation = message.generation
    if generation is not None and message.state == State.FAILED:
        return _say("alarm", f"The reply failed. {generation.error}")
    if generation is not None and generation.says_nothing:
        return _say("announcer", "The model answered with nothing.")
    return _say("announcer", ENDS.get(message.state, ""))


def _say(target: str, sentence: str) -> str:
    return format_html('<hx-partial hx-target="#{}" hx-swap="textContent">{}</hx-partial>', target, sentence)


def apply_changes(dom_id: str, changes: Iterable[Change]) -> str:
    """Return the changes of the Markdown renderer as partials."""
    return "".join(_partial(dom_id, change) for change in changes)


def _partial(dom_id: str, change: Change) -> str:
    match change:
        case Finish(html):
            target, swap = f"{dom_id}-open", "beforebegin"
        case Replace(html):
            target, swap = f"{dom_id}-open", "innerHTML settle:0"
        case Append(html):
            target, swap = f"{dom_id}-tail", "beforeend"
        case Extend(level, html):
            target, swap = f"{dom_id}-open [data-part='{level}']", "outerHTML settle:0"
        case Grow(before, html):
            lines = f'<hx-partial hx-target="#{dom_id}-tail" hx-swap="beforebegin settle:0">{before}</hx-partial>'
            return f'{lines}<hx-partial hx-target="#{dom_id}-tail" hx-swap="innerHTML settle:0">{html}</hx-partial>'
    return f'<hx-partial hx-target="#{target}" hx-swap="{swap}">{html}</hx-partial>'


def remove_open_block(dom_id: str) -> str:
    return f'<hx-partial hx-target="#{dom_id}-open" hx-swap="delete"></hx-partial>'
