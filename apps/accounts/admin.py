"""People and their API keys in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.api_keys import revoke_api_key
from apps.accounts.models import ApiKey, User

admin.site.register(User, UserAdmin)


@admin.register(ApiKey)
class ApiKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Keys, read-only: ``create_api_key`` makes and shows them; here they can be revoked."""

    list_display = ["prefix", "owner", "name", "created_at", "last_used_at", "expires_at", "revoked_at"]
    list_select_related = ["owner"]
    search_fields = ["prefix", "name", "owner__username"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        return False

    @admin.action(description="Revoke the selected API keys", permissions=["delete"])
    def revoke(self, request: HttpRequest, queryset: "QuerySet[ApiKey]") -> None:
        count = sum(revoke_api_key(key_id=key.pk) for key in queryset)
        self.message_user(request, f"Revoked {count}.")
