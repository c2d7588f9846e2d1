"""People and their API keys in the admin."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.audited import AuditedUserAdmin
from apps.accounts.errors import LastAdmin
from apps.accounts.groups import kept_for
from apps.accounts.keys.api_keys import revoke_api_key
from apps.accounts.models import ApiKey, Invitation, User
from apps.accounts.people import delete_person, ensure_an_admin_stays
from apps.audit.admin_rules import AuditedAdmin, ReadOnlyAdmin

# Their records hold secrets, and people manage their own at /accounts/.
for kept_apart in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(kept_apart):
        admin.site.unregister(kept_apart)


admin.site.unregister(Group)


@admin.register(Group)
class AuditedGroupAdmin(AuditedAdmin, GroupAdmin):
    """Groups; people join them on their page under People. A group that something is limited to cannot be deleted."""

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return found, counts, lacking, [*protected, *kept_for(objs)]


class PersonForm(UserChangeForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """A person; the last admin's rights cannot be taken away."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not (cleaned.get("is_active", True) and cleaned.get("is_superuser", True)):
            try:
                with transaction.atomic():
                    ensure_an_admin_stays(without=[self.instance.pk])
            except LastAdmin as error:
                raise ValidationError(error.sentence) from None
        return cleaned


@admin.register(User)
class PersonAdmin(AuditedUserAdmin):
    """People. The last admin can be neither changed into something less nor deleted."""

    form = PersonForm

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        found, counts, lacking, protected = super().get_deleted_objects(objs, request)
        try:
            with transaction.atomic():
                ensure_an_admin_stays(without=[person.pk for person in objs])
        except LastAdmin as error:
            protected = [*protected, error.sentence]
        return found, counts, lacking, protected

    def delete_model(self, request: HttpRequest, obj: User) -> None:  # noqa: ARG002
        delete_person(person=obj)

    def delete_queryset(self, request: HttpRequest, queryset: "QuerySet[User]") -> None:  # noqa: ARG002
        for person in queryset:
            delete_person(person=person)


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, without their links; they are made and withdrawn on the page of people."""

    list_display = ["made_by", "note", "for_admin", "expires_at", "used_at", "used_by"]
    list_select_related = ["made_by", "used_by"]
    fields = ["made_by", "note", "for_admin", "expires_at", "used_at", "used_by"]


@admin.register(ApiKey)
class ApiKeyAdmin(AuditedAdmin):
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
