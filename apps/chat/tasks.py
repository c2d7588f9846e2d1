"""Celery tasks: call one service."""

from celery import shared_task

from apps.chat.services.delete import purge_deleted


@shared_task(name="chat.purge")
def purge() -> None:
    purge_deleted()
