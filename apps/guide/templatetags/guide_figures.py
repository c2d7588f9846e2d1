"""Format figures for pages, and the marks of their basis."""

from collections.abc import Iterable, Mapping

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.guide.hardware.memory import GB, GIB, rounded
from apps.guide.prose import citation_link

register = template.Library()
MINUS = "\N{MINUS SIGN}"


@register.filter
def gib(size: float) -> str:
    """Format bytes as GiB with two places: “12.55”."""
    return f"{rounded(size):,}".replace("-", MINUS)


@register.filter
def gib_short(size: float) -> str:
    """Format bytes as GiB with one place: “12.6”."""
    return f"{size / GIB:,.1f}".replace("-", MINUS)


@register.filter
def gb(size: float) -> str:
    """Format bytes as GB, of 10^9 bytes, with two places."""
    return f"{rounded(size, GB):,}".replace("-", MINUS)


@register.filter
def kib(size: float) -> str:
    """Format bytes as KiB, of 2^10 bytes, without trailing zeros."""
    return f"{size / 1024:,g}"


@register.filter
def share(part: float) -> str:
    """Format a share of one as percent with one place: “19.9 %”."""
    return f"{part * 100:,.1f}\N{NO-BREAK SPACE}%".replace("-", MINUS)


@register.filter
def thousands(number: int) -> str:
    """Format a whole number with commas: “16,384”."""
    return f"{number:,}"


@register.filter
def score(number: float) -> str:
    """Format a score with one place, or two where it has them: “67.8”."""
    text = f"{number:.2f}"
    return text.removesuffix("0")


@register.filter
def signed(points: float) -> str:
    """Format a difference with its sign and one place: “+4.9”."""
    return f"{points:+.1f}".replace("-", MINUS)


@register.simple_tag
def marks(cites: Iterable[tuple[str, str]], numbers: Mapping[str, int]) -> SafeString:
    """Return the marks of citations in brackets; nothing for none, or for sources that are not loaded."""
    links = [(citation_link(key, numbers[key], place),) for key, place in cites if key in numbers]
    return (
        format_html('<span class="cites">[{}]</span>', format_html_join("; ", "{}", links)) if links else SafeString()
    )
