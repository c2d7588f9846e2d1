"""The admin's page of people, with its changes in the audit log."""

from typing import Any

from django.contrib.auth.admin import UserAdmin

from apps.audit.admin_rules import AuditedAdmin
from apps.audit.models import Action


class AuditedUserAdmin(AuditedAdmin, UserAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Record additions, changes and deletions; switching a person off is a separate action in the audit log."""

    def action_of_change(self, obj: Any, fields: list[str]) -> Action:
        if str(obj._meta.get_field("is_active").verbose_name).capitalize() not in fields:
            return Action.RECORD_CHANGED
        return Action.PERSON_SWITCHED_ON if obj.is_active else Action.PERSON_SWITCHED_OFF
