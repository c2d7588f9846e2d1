"""Base classes of admin pages: audited, read-only, or with hidden private text."""

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from apps.audit.models import Action
from apps.audit.services import record

SAVED_AT_ONCE = "Nothing was saved: somebody else saved one of that name at the same moment."


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Write what is added, changed and deleted here to the audit log."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Show or save the form. If somebody else saved the same name at the same moment, say so."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError:
            self.message_user(request, SAVED_AT_ONCE, messages.ERROR)
            return HttpResponseRedirect(request.path)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record(Action.RECORD_ADDED, subject=name_of(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        fields = changed_fields(message)
        record(self.action_of_change(obj, fields), subject=name_of(obj), details=", ".join(fields))
        return super().log_change(request, obj, message)

    def action_of_change(self, obj: Any, fields: list[str]) -> Action:  # noqa: ARG002
        """Return the audit log's action for a change of these fields, given by their labels."""
        return Action.RECORD_CHANGED

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        for obj in queryset:
            record(Action.RECORD_DELETED, subject=name_of(obj))
        return super().log_deletions(request, queryset)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Show records that the application writes; nobody adds, changes or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        return False


class PrivateTextAdmin(AuditedAdmin):
    """Hide ``private_fields``, which hold people's prompts and replies.

    With ``ADMIN_READS_PROMPTS`` they are shown, and the audit log says who opened which record. Records can be deleted
    but not changed: staff could otherwise make a record their own and read it as its owner.
    """

    private_fields: ClassVar[Sequence[str]] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self._without_private(super().get_fields(request, obj))

    def get_list_display(self, request: HttpRequest) -> Any:
        return self._without_private(super().get_list_display(request))

    def get_search_fields(self, request: HttpRequest) -> Any:
        return self._without_private(super().get_search_fields(request))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer(*(() if reads_prompts() else self.private_fields))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters on hidden fields: ``?text__startswith=`` would reveal their text letter by letter."""
        if not reads_prompts() and set(lookup.split(LOOKUP_SEP)) & {*self.private_fields, *PRIVATE_ELSEWHERE}:
            return False
        return super().lookup_allowed(lookup, value, request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        if reads_prompts() and set(self.list_display) & set(self.private_fields):
            record(Action.PROMPTS_READ, subject=f"list of {self.opts.verbose_name_plural}")
        return super().changelist_view(request, extra_context)

    def render_change_form(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        obj = kwargs.get("obj")
        if reads_prompts() and obj is not None:
            record(Action.PROMPTS_READ, subject=name_of(obj))
        return super().render_change_form(request, *args, **kwargs)

    def _without_private(self, names: Sequence[Any]) -> list[Any]:
        if reads_prompts():
            return list(names)
        return [name for name in names if name not in {*self.private_fields, *PRIVATE_ELSEWHERE}]


# Private fields of related records, which searches and filters could reach.
PRIVATE_ELSEWHERE = ("conversation__title",)


def reads_prompts() -> bool:
    """Return whether staff may read people's prompts and replies in the admin."""
    return bool(settings.ADMIN_READS_PROMPTS)


def name_of(obj: Model) -> str:
    """Return the kind of record, its name, and its owner: “conversation 0190… of alice”."""
    owner = getattr(obj, "owner", None)
    return f"{obj._meta.verbose_name} {obj}{f' of {owner}' if owner else ''}"


def changed_fields(message: Any) -> list[str]:
    """Return the names of changed fields from the admin's message, which never holds values of fields."""
    parts = json.loads(message) if isinstance(message, str) and message.startswith("[") else message
    if not isinstance(parts, list):
        return []
    changes = [part.get("changed", {}) for part in parts if isinstance(part, dict)]
    return [str(field) for change in changes for field in change.get("fields", ())]
