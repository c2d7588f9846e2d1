"""Celery tasks: call one service."""

from celery import shared_task

from apps.audit.retention import remove_old_entries


@shared_task(name="audit.retain")
def retain() -> None:
    remove_old_entries()
