"""The guide in the admin. ``load_guide`` keeps what is edited here, and says so."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.guide.models import Cell, Citation, Feature, FromFile, Page, Section, Source, Variant


class FromFileAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Shows whether a row still says what its content file says."""

    @admin.display(description="edited here", boolean=True)
    def edited(self, row: FromFile) -> bool:
        return row.is_edited


@admin.register(Source)
class SourceAdmin(FromFileAdmin):
    """Published sources."""

    list_display = ["number", "title", "publisher", "published_on", "checked_on", "edited"]
    list_display_links = ["title"]
    list_filter = ["publisher", "checked_on"]
    search_fields = ["key", "title", "publisher", "url"]


@admin.register(Variant)
class VariantAdmin(FromFileAdmin):
    """The three variants."""

    list_display = ["name", "letter", "slug", "summary", "order", "edited"]


@admin.register(Feature)
class FeatureAdmin(FromFileAdmin):
    """Rows of the comparison."""

    list_display = ["label", "slug", "note", "order", "edited"]
    search_fields = ["label", "note"]


class CitationInline(admin.TabularInline):  # type: ignore[type-arg]
    """Where the statement is found."""

    model = Citation
    extra = 0
    autocomplete_fields = ["source"]


@admin.register(Cell)
class CellAdmin(FromFileAdmin):
    """Cells of the comparison, with their citations."""

    list_display = ["feature", "variant", "text", "kind", "qualification", "edited"]
    list_display_links = ["text"]
    list_filter = ["variant", "feature", "kind", "sources"]
    list_select_related = ["feature", "variant"]
    search_fields = ["text", "qualification"]
    inlines = [CitationInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cell]:
        return super().get_queryset(request).prefetch_related("citations__source")


@admin.register(Page)
class PageAdmin(FromFileAdmin):
    """Pages."""

    list_display = ["title", "slug", "reviewed_on", "edited"]
    search_fields = ["title", "summary"]


@admin.register(Section)
class SectionAdmin(FromFileAdmin):
    """Sections of pages, in Markdown."""

    list_display = ["title", "page", "slug", "variant", "shows", "order", "edited"]
    list_filter = ["page", "variant"]
    list_select_related = ["page", "variant"]
    search_fields = ["title", "body"]


@admin.register(Citation)
class CitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """All citations, to find what rests on a source."""

    list_display = ["cell", "source", "locator"]
    list_filter = ["source"]
    list_select_related = ["cell__feature", "cell__variant", "source"]
