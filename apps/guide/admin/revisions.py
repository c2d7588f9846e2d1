"""Revisions of the guide, read-only; a row's own history reverts it."""

from django.contrib import admin
from django.http import HttpRequest

from apps.guide.models import Revision


@admin.register(Revision)
class RevisionAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    list_display = ["made_at", "table", "identity", "cause", "made_by"]
    list_filter = ["cause", "table"]
    list_select_related = ["made_by"]
    search_fields = ["identity"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Revision | None = None) -> bool:  # noqa: ARG002
        return False
