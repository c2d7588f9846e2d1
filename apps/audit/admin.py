"""The audit log in the admin: nobody can change it there."""

from django.contrib import admin

from apps.audit.admin_rules import ReadOnlyAdmin
from apps.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor_name", "action", "subject", "details", "key_prefix", "address"]
    list_filter = ["action"]
    date_hierarchy = "at"
    search_fields = ["actor_name", "subject", "key_prefix", "address"]
    show_full_result_count = False
