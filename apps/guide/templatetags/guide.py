"""Template tags of the guide."""

from django import template
from django.utils.safestring import SafeString

from apps.guide.models import Citation
from apps.guide.prose import citation_link

register = template.Library()


@register.filter
def mark(citation: Citation) -> SafeString:
    """Return the citation's numbered link to the list of sources."""
    return citation_link(citation.source.key, citation.source.number, citation.locator)
