"""Template tags of the comparison."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django import template
from django.utils.dateformat import format as format_date
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.guide.comparing.state import State
from apps.guide.models import Citation
from apps.guide.prose import citation_link

register = template.Library()


@register.filter
def marks(citations: Iterable[Citation]) -> SafeString:
    """Return the links of all citations together, as in “[1, §2.1; 3]”; nothing where there are none."""
    return _marks(tuple((cited.source.key, cited.source.number, cited.locator) for cited in citations))


@lru_cache(maxsize=4096)
def _marks(places: tuple[tuple[str, int, str], ...]) -> SafeString:
    links = format_html_join("; ", "{}", ((citation_link(*place),) for place in places))
    return format_html(' <span class="cites">[{}]</span>', links) if places else SafeString()


@register.filter
def sorted_query(state: State, sort: str) -> str:
    """Return the query string of the state, sorted by that row."""
    return state.sorted_by(sort).query


@register.filter
@lru_cache(maxsize=512)
def checked(day: date | None) -> SafeString:
    """Return when a figure was checked, as a further part of a sentence; nothing where nobody knows."""
    if day is None:
        return SafeString()
    return format_html(', checked <time datetime="{}">{}</time>', day.isoformat(), format_date(day, "j M Y"))
