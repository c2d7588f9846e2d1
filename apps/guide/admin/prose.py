"""Pages, terms, sources, hardware and rules in the admin."""

from django import forms
from django.contrib import admin

from apps.guide.admin.base import FromFileAdmin
from apps.guide.admin.statements import CitationInline
from apps.guide.models import CITING, Citation, Gpu, Page, Quantization, Rule, Section, Server, Source, Term


class SectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A section; the form also chooses the table or list under its prose."""

    shows = forms.ChoiceField(choices=Section.Shows.choices, required=False)


@admin.register(Page)
class PageAdmin(FromFileAdmin):
    """Pages."""

    list_display = ["title", "slug", "reviewed_on", "order", "edited"]
    search_fields = ["title", "summary"]


@admin.register(Section)
class SectionAdmin(FromFileAdmin):
    """Sections of pages, in Markdown."""

    form = SectionForm
    list_display = ["title", "page", "slug", "variant", "shows", "order", "edited"]
    list_filter = ["page", "variant"]
    search_fields = ["title", "body"]


@admin.register(Term)
class TermAdmin(FromFileAdmin):
    """The glossary."""

    list_display = ["term", "slug", "see_also", "edited"]
    search_fields = ["term", "definition"]
    inlines = [CitationInline]


@admin.register(Source)
class SourceAdmin(FromFileAdmin):
    """Published sources."""

    list_display = ["number", "title", "publisher", "published_on", "checked_on", "edited"]
    list_display_links = ["title"]
    list_filter = ["publisher", "checked_on"]
    search_fields = ["key", "title", "publisher", "url"]


@admin.register(Gpu)
class GpuAdmin(FromFileAdmin):
    """GPUs of the hardware calculator."""

    list_display = ["name", "machine", "memory_gb", "usable_gib", "capability", "note", "order", "edited"]
    list_filter = ["machine"]
    inlines = [CitationInline]


@admin.register(Quantization)
class QuantizationAdmin(FromFileAdmin):
    """Ways to store weights."""

    list_display = ["label", "bits", "overhead_bits", "keeps_embeddings", "flag", "order", "edited"]
    inlines = [CitationInline]


@admin.register(Server)
class ServerAdmin(FromFileAdmin):
    """Model servers and the commands that start them."""

    list_display = ["name", "machines", "split", "least_capability", "order", "edited"]
    inlines = [CitationInline]


@admin.register(Rule)
class RuleAdmin(FromFileAdmin):
    """The chooser's rules; ``load_guide`` and ``export_guide`` check that together they cover all answers."""

    list_display = ["slug", "kind", "models", "text", "order", "edited"]
    list_filter = ["kind"]
    search_fields = ["slug", "text", "otherwise"]
    inlines = [CitationInline]


@admin.register(Citation)
class CitationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """All citations, to find the statements of a source; edit a citation with its row."""

    list_display = ["owner", "source", "locator"]
    list_filter = ["source"]
    list_select_related = ["source", *CITING]

    def has_add_permission(self, request: object) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: object, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: object, obj: object = None) -> bool:  # noqa: ARG002
        return False
