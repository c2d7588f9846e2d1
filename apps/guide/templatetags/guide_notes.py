"""Marks of notes, and what a note says of its sources."""

from collections.abc import Iterable
from datetime import date

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.guide.notes import Note, Place
from apps.guide.prose import citation_link

register = template.Library()


@register.filter
def note_mark(note: Note | None) -> SafeString:
    """Return the button that opens a note; a dagger says that it holds more than sources."""
    if note is None:
        return SafeString()
    dagger, more = ("", "") if note.basis.is_plain else ("†", ", with a reservation")
    return format_html(
        '<button class="mark" type="button" popovertarget="note-{}" aria-label="Note {}{}">{}{}</button>',
        note.number,
        note.number,
        more,
        note.number,
        dagger,
    )


@register.filter
def place_marks(places: Iterable[Place]) -> SafeString:
    """Return the links of all places together, as in “[1, §2.1; 3]”; nothing where there are none."""
    links = format_html_join("; ", "{}", ((citation_link(at.key, at.number, at.locator),) for at in places))
    return format_html('<span class="cites">[{}]</span>', links) if links else SafeString()


@register.filter
def checked_on(day: date | None) -> SafeString:
    """Return when a figure was compared with its sources; nothing where nobody knows."""
    if day is None:
        return SafeString()
    return format_html(
        '<span class="note__checked">checked <time datetime="{}">{}</time></span>',
        day.isoformat(),
        format_date(day, "j M Y"),
    )
