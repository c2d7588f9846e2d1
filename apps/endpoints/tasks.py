"""Celery tasks: call one service."""

from celery import shared_task

from apps.endpoints.services.probe import probe_endpoints
from apps.endpoints.services.record import prune_observations
from apps.endpoints.services.start_connection_test import TASK_NAME, run_connection_test


@shared_task(name="endpoints.probe")
def probe() -> None:
    probe_endpoints()


@shared_task(name="endpoints.prune")
def prune() -> None:
    prune_observations()


@shared_task(name=TASK_NAME)
def try_out(test_id: str) -> None:
    run_connection_test(test_id=test_id)
