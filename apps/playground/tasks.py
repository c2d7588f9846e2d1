"""Celery tasks: call one service."""

from celery import shared_task

from apps.playground.retention import remove_old_runs


@shared_task(name="playground.retain")
def retain() -> None:
    remove_old_runs()
