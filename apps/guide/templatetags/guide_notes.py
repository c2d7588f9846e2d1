"""Marks of notes, and the links and dates inside a note."""

from collections.abc import Iterable
from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.guide.notes import Basis, Note, SourceSection
from apps.guide.prose import citation_link

register = template.Library()


@register.filter
def note_mark(note: Note | None) -> SafeString:
    """Return the button that opens a note; a word or dagger shows that the note holds more than sources."""
    if note is None:
        return SafeString()
    words = _words_of(note.basis)
    return format_html(
        '<button class="{}" type="button" popovertarget="note-{}" aria-label="{}">{}<span>{}{}</span></button>',
        "mark mark--word" if words else "mark",
        note.number,
        _label_of(note, words),
        f"{words} " if words else "",
        note.number,
        "†" if note.basis.qualification and not words else "",
    )


def _words_of(basis: Basis) -> str:
    if basis.is_conflict:
        return "Sources disagree"
    return "Not verified" if basis.is_unverified else ""


def _label_of(note: Note, words: str) -> str:
    label = f"{words}, note {note.number}" if words else f"Note {note.number}"
    return f"{label}, with a reservation" if note.basis.qualification else label


@register.filter
def place_marks(places: Iterable[SourceSection]) -> SafeString:
    """Return the links of all places together, as in “[1, §2.1; 3]”; nothing where there are none."""
    links = format_html_join("; ", "{}", ((citation_link(at.key, at.number, at.locator),) for at in places))
    return format_html('<span class="cites">[{}]</span>', links) if links else SafeString()


@register.filter
def checked_on(day: date | None) -> SafeString:
    """Return the day on which a figure was compared with its sources; empty if unknown."""
    if day is None:
        return SafeString()
    return format_html(
        '<span class="note__checked">checked <time datetime="{}">{}</time></span>',
        day.isoformat(),
        date_format(day),
    )
