"""Readers' error reports, which admins mark as settled."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from apps.audit.admin_rules import AuditedAdmin
from apps.guide.models import ErrorReport


@admin.register(ErrorReport)
class ErrorReportAdmin(AuditedAdmin):
    list_display = ["made_at", "link", "said", "made_by", "contact", "is_settled"]
    list_editable = ["is_settled"]
    list_filter = ["is_settled", "page"]
    list_select_related = ["made_by"]
    search_fields = ["page", "text", "contact"]
    readonly_fields = ["page", "text", "contact", "made_at", "made_by"]

    @admin.display(description="page", ordering="page")
    def link(self, report: ErrorReport) -> SafeString:
        """Return a link to the page."""
        return format_html('<a href="{0}">{0}</a>', report.page)

    @admin.display(description="what is wrong")
    def said(self, report: ErrorReport) -> str:
        """Return the beginning of the report, short enough for the list."""
        return Truncator(report.text).chars(200)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False
