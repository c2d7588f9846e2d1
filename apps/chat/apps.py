"""App configuration."""

from typing import Any
from uuid import UUID

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "apps.chat"

    def ready(self) -> None:
        """Send queued messages when the replies before them end."""
        from apps.generation.signals import generation_ended  # noqa: PLC0415 (models are loaded only now)

        generation_ended.connect(_send_queued)


def _send_queued(*, generation_id: UUID, **_: Any) -> None:
    from apps.chat.services.queue import send_after  # noqa: PLC0415 (models are loaded only now)

    send_after(generation_id=generation_id)
