"""The index of the search, to be looked at: what is in it follows from the rest of the guide."""

from django.contrib import admin
from django.http import HttpRequest

from apps.guide.models import Passage, Word


class IndexAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not generic at run time
    """Rows that nobody edits."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Passage)
class PassageAdmin(IndexAdmin):
    list_display = ["title", "kind", "within", "url"]
    list_filter = ["kind"]
    search_fields = ["title", "body"]
    exclude = ["vector"]


@admin.register(Word)
class WordAdmin(IndexAdmin):
    list_display = ["word", "passages"]
    search_fields = ["word"]
