"""Generations in the admin, read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.generation.models import Generation


@admin.register(Generation)
class GenerationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    list_display = ["id", "owner", "state", "endpoint", "attempt", "created_at", "ended_at", "completion_tokens"]
    list_filter = ["state", "variant", "endpoint"]
    list_select_related = ["owner", "endpoint"]
    date_hierarchy = "created_at"
    search_fields = ["=id", "owner__username"]
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False
