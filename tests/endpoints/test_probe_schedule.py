"""Probes are sent by beat, and their history is pruned."""

from datetime import timedelta

from celery import current_app
from django.utils import timezone

from apps.endpoints.models import Observation
from apps.endpoints.services.record import prune_observations
from project.celery import app as celery_app
from tests.endpoints.conftest import Add


def test_beat_sends_tasks_that_exist() -> None:
    current_app.loader.import_default_modules()
    sent = {entry["task"]: entry for entry in celery_app.conf.beat_schedule.values()}
    assert {"endpoints.probe", "endpoints.prune"} <= set(sent) & set(celery_app.tasks)
    assert sent["endpoints.probe"]["options"]["expires"] == sent["endpoints.probe"]["schedule"]


def test_history_is_pruned_after_a_week(add: Add) -> None:
    endpoint = add()
    now = timezone.now()
    for days in (1, 6.9, 7.1, 30):
        Observation.objects.create(endpoint=endpoint, kind="probe", ok=True, at=now - timedelta(days=days))
    assert prune_observations() == 2
    assert sorted((now - observation.at).days for observation in Observation.objects.all()) == [1, 6]
