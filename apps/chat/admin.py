"""Conversations in the admin."""

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from apps.audit.admin_rules import AuditedAdmin, PrivateTextAdmin
from apps.chat.conversation_settings.preset_form import PresetForm
from apps.chat.models import (
    Attachment,
    AttachmentQuerySet,
    Conversation,
    Folder,
    Message,
    Preset,
    QueuedMessage,
    Share,
)
from apps.generation.models import Generation


@admin.register(Conversation)
class ConversationAdmin(PrivateTextAdmin):
    private_fields = ["title", "system_prompt", "parameters"]
    list_display = ["id", "title", "owner", "created_at", "updated_at", "deleted_at"]
    list_select_related = ["owner"]
    search_fields = ["=id", "title", "owner__username"]


@admin.register(Message)
class MessageAdmin(PrivateTextAdmin):
    private_fields = ["question", "passages"]
    list_display = ["conversation", "position", "role", "rating", "comment", "model_server", "created_at"]
    list_filter = ["role", "rating", ("comment", admin.EmptyFieldListFilter), "generation__endpoint"]
    search_fields = ["=id", "question", "conversation__title", "conversation__owner__username"]

    @admin.display(description="Model server", ordering="generation__endpoint__name")
    def model_server(self, message: Message) -> str:
        endpoint = message.generation and message.generation.endpoint
        return endpoint.name if endpoint else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        answering = Generation.objects.select_related("endpoint").only("endpoint__name")  # not the texts
        return super().get_queryset(request).prefetch_related("conversation", Prefetch("generation", answering))


@admin.register(Folder)
class FolderAdmin(PrivateTextAdmin):
    private_fields = ["name", "system_prompt", "parameters"]
    list_display = ["id", "name", "owner", "created_at"]
    list_select_related = ["owner"]
    search_fields = ["name", "owner__username"]


@admin.register(QueuedMessage)
class QueuedMessageAdmin(PrivateTextAdmin):
    private_fields = ["text"]
    list_display = ["conversation", "created_at"]
    list_select_related = ["conversation"]
    search_fields = ["conversation__owner__username"]


@admin.register(Share)
class ShareAdmin(PrivateTextAdmin):
    """The links, to be revoked; neither their copies nor their addresses are shown."""

    private_fields = ["title", "turns", "files", "token"]
    list_display = ["__str__", "title", "conversation", "created_at"]
    list_select_related = ["conversation"]
    fields = ["title", "conversation", "created_at"]
    search_fields = ["title", "conversation__owner__username"]


@admin.register(Preset)
class PresetAdmin(AuditedAdmin):
    """The presets offered to everybody; people's own presets are private."""

    form = PresetForm
    actions = None  # the action "delete selected" does not check each preset's permission
    list_display = ["name", "description", "place", "is_offered", "is_edited"]
    list_editable = ["place", "is_offered"]
    fields = [
        "name",
        "description",
        "opening",
        "system_prompt",
        "temperature",
        "top_p",
        "max_tokens",
        "stop",
        "seed",
        "place",
        "is_offered",
        "groups",
    ]
    filter_horizontal = ["groups"]

    @admin.display(boolean=True, description="Edited here")
    def is_edited(self, preset: Preset) -> bool:
        return bool(preset.content != preset.loaded)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Preset]:
        return super().get_queryset(request).filter(owner=None)

    def has_delete_permission(self, request: HttpRequest, obj: Preset | None = None) -> bool:
        """Forbid deleting the project's presets: the next load would restore them. Take them off offer instead."""
        comes_back = obj is not None and bool(obj.key)
        return not comes_back and bool(super().has_delete_permission(request, obj))


@admin.register(Attachment)
class AttachmentAdmin(PrivateTextAdmin):
    """The files with their sizes, to be removed; their texts are not shown."""

    private_fields = ["name", "text"]
    list_display = ["id", "name", "size", "owner", "conversation", "created_at"]
    list_select_related = ["owner", "conversation"]
    fields = ["name", "size", "lines", "owner", "conversation", "message", "created_at"]
    search_fields = ["=id", "name", "owner__username", "conversation__title"]

    def get_queryset(self, request: HttpRequest) -> AttachmentQuerySet:  # noqa: ARG002
        return Attachment.objects.without_text()
