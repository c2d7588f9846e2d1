"""Celery tasks: call a service."""

from collections.abc import Sequence
from uuid import UUID

from celery import shared_task

from apps.chat.services.delete import purge_deleted, purge_temporary
from apps.chat.services.messages.attach import purge_waiting
from apps.chat.services.messages.count_tokens import TASK_NAME, count_pieces
from apps.chat.services.messages.queue import send_left_queued
from apps.chat.services.retention import delete_unused_conversations
from apps.chat.services.title import title_conversations
from apps.generation.worker.celery import current_runtime


@shared_task(name="chat.purge")
def purge() -> None:
    purge_deleted()
    purge_temporary()
    purge_waiting()


@shared_task(name="chat.send_queued", expires=10)
def send_queued() -> None:
    send_left_queued()


@shared_task(name="chat.title", expires=10)
def title() -> None:
    title_conversations(runtime=current_runtime())


@shared_task(name="chat.retain")
def retain() -> None:
    delete_unused_conversations()


@shared_task(name=TASK_NAME)
def count(endpoint_id: str, texts: Sequence[str], files: Sequence[str]) -> None:
    count_pieces(
        endpoint_id=UUID(endpoint_id),
        texts=texts,
        files=[UUID(file) for file in files],
        runtime=current_runtime(),
    )
