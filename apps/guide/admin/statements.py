"""Models, facts, scores and the comparison in the admin: all statements that cite sources."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError

from apps.guide.admin.base import FromFileAdmin
from apps.guide.models import (
    Attribute,
    Benchmark,
    Cell,
    Citation,
    CodeModel,
    Fact,
    Feature,
    Reading,
    Score,
    Source,
    Variant,
)
from apps.guide.prose import split_citation


class CitationInline(admin.TabularInline):  # type: ignore[type-arg]
    """The citations of a statement."""

    model = Citation
    fields = ["source", "locator", "order"]
    extra = 0
    autocomplete_fields = ["source"]


class ReadingForm(forms.ModelForm):  # type: ignore[type-arg]
    """A reading. Its citations are one text field, because Django cannot nest inlines."""

    sources = forms.CharField(
        help_text="Key of a source, then the place; several with “;”: litgpt; hf-70b", required=True
    )

    class Meta:
        model = Reading
        fields = ["text", "number", "note", "order"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        if self.instance.pk:
            self.fields["sources"].initial = "; ".join(cite.spelling for cite in self.instance.citations.all())

    def clean_sources(self) -> list[tuple[Source, str]]:
        places = [split_citation(spelling) for spelling in self.cleaned_data["sources"].split(";")]
        known = {source.key: source for source in Source.objects.filter(key__in=[key for key, _ in places])}
        for key, _ in places:
            if key not in known:
                raise ValidationError(f"There is no source “{key}”.")
        return [(known[key], place) for key, place in places]

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        reading = super().save(commit)
        if commit:
            reading.citations.all().delete()
            Citation.objects.bulk_create(
                Citation(reading=reading, source=source, locator=place, order=order)
                for order, (source, place) in enumerate(self.cleaned_data["sources"])
            )
        return reading


class ReadingInline(admin.TabularInline):  # type: ignore[type-arg]
    """The readings of a fact or score."""

    model = Reading
    form = ReadingForm
    fields = ["text", "number", "note", "sources", "order"]
    extra = 0


@admin.register(Variant)
class VariantAdmin(FromFileAdmin):
    """The three variants."""

    list_display = ["name", "letter", "slug", "summary", "order", "edited"]


@admin.register(Feature)
class FeatureAdmin(FromFileAdmin):
    """Rows of the comparison."""

    list_display = ["label", "slug", "note", "order", "edited"]
    search_fields = ["label", "note"]


@admin.register(Cell)
class CellAdmin(FromFileAdmin):
    """Cells of the comparison, with their citations."""

    list_display = ["feature", "variant", "text", "kind", "qualification", "edited"]
    list_display_links = ["text"]
    list_filter = ["variant", "feature", "kind"]
    search_fields = ["text", "qualification"]
    inlines = [CitationInline]


@admin.register(CodeModel)
class CodeModelAdmin(FromFileAdmin):
    """The twelve models."""

    list_display = ["name", "slug", "variant", "size", "order", "edited"]
    list_filter = ["variant", "size"]
    search_fields = ["name", "slug"]


@admin.register(Attribute)
class AttributeAdmin(FromFileAdmin):
    """The attributes of the models."""

    list_display = ["label", "slug", "group", "unit", "order", "edited"]
    list_filter = ["group"]
    search_fields = ["label", "slug", "note"]


@admin.register(Fact)
class FactAdmin(FromFileAdmin):
    """Facts, with their citations and what other sources say."""

    list_display = ["attribute", "model", "text", "kind", "status", "qualification", "edited"]
    list_display_links = ["text"]
    list_filter = ["status", "kind", "attribute__group", "model"]
    search_fields = ["text", "qualification", "attribute__label", "model__name"]
    inlines = [CitationInline, ReadingInline]


@admin.register(Benchmark)
class BenchmarkAdmin(FromFileAdmin):
    """Columns of scores."""

    list_display = ["label", "slug", "suite", "metric", "shots", "language", "order", "edited"]
    list_filter = ["suite"]
    search_fields = ["label", "slug", "note"]


@admin.register(Score)
class ScoreAdmin(FromFileAdmin):
    """Scores, with their citations."""

    list_display = ["benchmark", "model", "other", "number", "kind", "edited"]
    list_display_links = ["number"]
    list_filter = ["benchmark__suite", "model"]
    search_fields = ["benchmark__label", "model__name", "other"]
    inlines = [CitationInline]
