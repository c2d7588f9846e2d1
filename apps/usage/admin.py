"""Limits and usage in the admin."""

from django.contrib import admin

from apps.audit.admin_rules import AuditedAdmin, ReadOnlyAdmin
from apps.usage.models import GenerationTotal, Limit, UsageDay


@admin.register(Limit)
class LimitAdmin(AuditedAdmin):
    """The limits of people and groups; everybody else has those of the settings."""

    list_display = ["__str__", "generations_at_once", "requests_per_minute", "tokens_per_day"]
    list_select_related = ["user", "group"]
    search_fields = ["user__username", "group__name"]
    autocomplete_fields = ["user", "group"]


@admin.register(UsageDay)
class UsageDayAdmin(ReadOnlyAdmin):
    list_display = [
        "day",
        "owner",
        "api_key",
        "endpoint_name",
        "generations",
        "failed",
        "cancelled",
        "prompt_tokens",
        "completion_tokens",
    ]
    list_select_related = ["owner", "api_key"]
    date_hierarchy = "day"
    search_fields = ["owner__username", "endpoint_name"]
    show_full_result_count = False


@admin.register(GenerationTotal)
class GenerationTotalAdmin(ReadOnlyAdmin):
    list_display = ["variant", "state", "shard", "generations", "prompt_tokens", "completion_tokens", "lost_leases"]
    list_filter = ["variant", "state"]
