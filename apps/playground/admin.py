"""Runs of the playground in the admin, read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.audit.admin_rules import PrivateTextAdmin
from apps.playground.models import Output, Run


class OutputInline(admin.TabularInline):  # type: ignore[type-arg]  # not subscriptable at run time
    model = Output
    fields = ["position", "generation", "decision"]
    readonly_fields = ["position", "generation", "decision"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False


@admin.register(Run)
class RunAdmin(PrivateTextAdmin):
    private_fields = ["before", "after", "settings"]
    list_display = ["id", "owner", "kind", "created_at"]
    list_filter = ["kind"]
    list_select_related = ["owner"]
    date_hierarchy = "created_at"
    search_fields = ["=id", "owner__username"]
    inlines = [OutputInline]
