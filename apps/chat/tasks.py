"""Celery tasks: call a service."""

from celery import shared_task

from apps.chat.services.attach import purge_waiting
from apps.chat.services.delete import purge_deleted


@shared_task(name="chat.purge")
def purge() -> None:
    purge_deleted()
    purge_waiting()
