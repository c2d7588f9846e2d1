"""The search index and the edition in the admin, read-only: both are derived from the other rows."""

from django.contrib import admin
from django.http import HttpRequest

from apps.guide.models import Edition, Passage, Word


class DerivedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """A read-only admin of derived rows."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Passage)
class PassageAdmin(DerivedAdmin):
    list_display = ["title", "kind", "within", "url"]
    list_filter = ["kind"]
    search_fields = ["title", "body"]
    exclude = ["vector"]


@admin.register(Word)
class WordAdmin(DerivedAdmin):
    list_display = ["word", "passages"]
    search_fields = ["word"]


@admin.register(Edition)
class EditionAdmin(DerivedAdmin):
    list_display = ["token"]
