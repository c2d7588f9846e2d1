"""How the console writes figures."""

from django import template

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """16384 as 16,384."""
    return f"{number:,}"
