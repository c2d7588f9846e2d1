"""Celery tasks: call one service."""

from celery import shared_task

from apps.gateway.retention import remove_old_generations


@shared_task(name="gateway.retain")
def retain() -> None:
    remove_old_generations()
