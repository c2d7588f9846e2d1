"""App configuration."""

from typing import Any
from uuid import UUID

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "apps.chat"

    def ready(self) -> None:
        """Send queued messages when replies end, add to the export of accounts, and hear of people who leave."""
        from apps.accounts.export import export_with  # noqa: PLC0415 (models are loaded only now)
        from apps.accounts.people import person_leaves  # noqa: PLC0415
        from apps.chat.leaving import export_conversations, export_folders_and_presets, on_person_leaves  # noqa: PLC0415
        from apps.generation.signals import generation_ended  # noqa: PLC0415

        generation_ended.connect(_send_queued)
        export_with(export_conversations)
        export_with(export_folders_and_presets)
        person_leaves.connect(on_person_leaves)


def _send_queued(*, generation_id: UUID, is_for_api: bool = False, **_: Any) -> None:
    if is_for_api:  # a reply to the API is in no conversation
        return
    from apps.chat.services.messages.queue import send_after  # noqa: PLC0415 (models are loaded only now)

    send_after(generation_id=generation_id)
