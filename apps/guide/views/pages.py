"""Pages of prose, and the front page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from apps.guide import selectors
from apps.guide.examples import fill_url, try_url
from apps.guide.front import read_miniature, read_servers
from apps.guide.navigation import MODEL_ROWS, VARIANTS
from apps.guide.views.not_found import page_not_found
from apps.guide.views.reading import reading_page

# Pages of prose alone. Other pages have their own views.
PROSE_PAGES = (
    *("context", "licence", "pitfalls", "quantization", "local"),
    *("fine-tuning", "alternatives", "responsible-use", "questions"),
)


@reading_page
def front(request: HttpRequest) -> HttpResponse:
    """Show the front page: a short introduction, a small comparison of the variants, and links into the guide."""
    servers = read_servers() if request.user.is_authenticated else None
    return render(request, "home.html", {"comparison": read_miniature(), "servers": servers})


@reading_page
def home(request: HttpRequest) -> HttpResponse:
    """Show the guide's overview: the comparison of the three variants and its conclusions."""
    return render(request, "guide/home.html", {"guide": selectors.read_page("overview")})


@reading_page
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a page of prose."""
    guide = selectors.read_page(slug) if slug in PROSE_PAGES else None
    if guide is None:
        return page_not_found(request, slug)
    return render(request, "guide/page.html", {"guide": guide})


@reading_page
def variant(request: HttpRequest, slug: str) -> HttpResponse:
    """Describe one of the three variants and list its models."""
    guide = selectors.read_page(f"variant-{slug}") if slug in VARIANTS else None
    if guide is None:
        return page_not_found(request, slug)
    row = next(row for row in MODEL_ROWS if row.variant == slug)
    context = {"guide": guide, "row": row, "try_url": try_url(slug), "fill_url": fill_url()}
    return render(request, "guide/variant.html", context)
