"""Template filters for the console's figures."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.timesince import timesince

register = template.Library()


@register.filter
def grouped(number: int) -> str:
    """Format 16384 as 16,384."""
    return f"{number:,}"


@register.filter
def ago(moment: datetime) -> str:
    """Return the largest unit only: “3 hours ago”."""
    if timezone.now() - moment < timedelta(minutes=1):
        return "just now"
    return f"{timesince(moment, depth=1)} ago"
