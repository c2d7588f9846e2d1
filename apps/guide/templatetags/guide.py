"""Template tags of the guide."""

import json
from typing import Any
from urllib.parse import quote

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django_htmx.jinja import htmx_script

from apps.guide import navigation
from apps.guide.model_pages.page import Heading
from apps.guide.models import Citation, Page
from apps.guide.prose import citation_link

register = template.Library()

# JSON escapes for the characters that could end a script element or begin a comment in it.
ESCAPED = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.filter
def mark(citation: Citation) -> SafeString:
    """Return the citation's numbered link to the list of sources."""
    return citation_link(citation.source.key, citation.source.number, citation.locator)


@register.simple_tag
def guide_navigation() -> dict[str, Any]:
    """Return the guide's table of contents."""
    return {"groups": navigation.GROUPS, "models": navigation.MODEL_ROWS}


@register.simple_tag
def find_place(path: str) -> navigation.PagePosition:
    """Return the group and the neighbours of the page at ``path``."""
    return navigation.find_place(path)


@register.simple_tag
def absolute_url(path: str) -> str:
    """Return the public address of ``path``."""
    return f"{settings.PUBLIC_URL}{path}"


@register.simple_tag
def report_url(path: str) -> str:
    """Return the address to report an error on the page at ``path``: our form, or the one in the settings."""
    if not settings.GUIDE_REPORT_URL:
        return f"{reverse('guide:report')}?page={quote(path)}"
    return str(settings.GUIDE_REPORT_URL).replace("{page}", quote(absolute_url(path), safe=""))


@register.simple_tag
def guide_htmx() -> SafeString:
    """Load htmx without a nonce: a nonce would change every response, and the CSP allows our own scripts."""
    return htmx_script(version=4)


@register.simple_tag
def structured_data(page: Page | Heading, path: str) -> SafeString:
    """Return the page as schema.org data. Browsers never run a data block, so the CSP does not block it."""
    trail = [("Start", reverse("guide:front")), ("Guide", reverse("guide:home"))]
    if path != reverse("guide:home"):
        trail.append((page.title, path))
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "TechArticle",
        "headline": page.title,
        "description": page.summary,
        "url": absolute_url(path),
        "inLanguage": "en",
        "about": {"@type": "SoftwareApplication", "name": "Code Llama", "applicationCategory": "Language model"},
        "breadcrumb": {
            "@type": "BreadcrumbList",
            "itemListElement": [
                {"@type": "ListItem", "position": number, "name": name, "item": absolute_url(url)}
                for number, (name, url) in enumerate(trail, 1)
            ],
        },
    }
    if page.reviewed_on:
        data["dateModified"] = page.reviewed_on.isoformat()
    content = json.dumps(data, ensure_ascii=False).translate(ESCAPED)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(content))  # noqa: S308
