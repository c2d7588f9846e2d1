"""Conversations in the admin."""

from django.contrib import admin
from django.http import HttpRequest

from apps.chat.models import Conversation, Message, Share


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    list_display = ["title", "owner", "created_at", "updated_at", "deleted_at"]
    list_select_related = ["owner"]
    search_fields = ["title", "owner__username"]
    readonly_fields = ["id", "created_at"]
    raw_id_fields = ["owner"]


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    list_display = ["conversation", "position", "role", "created_at"]
    list_select_related = ["conversation"]
    list_filter = ["role"]
    search_fields = ["question", "conversation__title"]
    raw_id_fields = ["conversation", "generation"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False


@admin.register(Share)
class ShareAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """Which links there are, to be revoked; neither what they lead to nor their addresses."""

    list_display = ["title", "conversation", "created_at"]
    list_select_related = ["conversation"]
    fields = ["title", "conversation", "created_at"]
    readonly_fields = ["title", "conversation", "created_at"]
    search_fields = ["title", "conversation__owner__username"]

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        return False
