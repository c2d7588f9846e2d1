"""Generations in the admin, read-only."""

from django.contrib import admin

from apps.audit.admin_rules import PrivateTextAdmin
from apps.generation.models import Generation, LogProbabilities


@admin.register(Generation)
class GenerationAdmin(PrivateTextAdmin):
    private_fields = ["prompt", "suffix", "messages", "parameters", "text", "sent"]
    list_display = ["id", "owner", "state", "endpoint", "attempt", "created_at", "ended_at", "completion_tokens"]
    list_filter = ["state", "variant", "endpoint"]
    list_select_related = ["owner", "endpoint"]
    date_hierarchy = "created_at"
    search_fields = ["=id", "owner__username"]
    show_full_result_count = False


@admin.register(LogProbabilities)
class LogProbabilitiesAdmin(PrivateTextAdmin):
    private_fields = ["tokens"]
    list_display = ["generation_id"]
    show_full_result_count = False
