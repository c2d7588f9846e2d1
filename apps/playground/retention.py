"""Remove old runs."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.generation.models import ACTIVE, Generation
from apps.playground.models import Output, Run

AT_ONCE = 100  # runs in a transaction


def remove_old_runs() -> int:
    """Remove runs older than ``RETAIN_RUNS_DAYS`` that are over, and return how many; 0 days keep them for ever."""
    removed = 0
    if settings.RETAIN_RUNS_DAYS:
        while batch := _remove_some():
            removed += batch
    return removed


@transaction.atomic
def _remove_some() -> int:
    oldest = timezone.now() - timedelta(days=settings.RETAIN_RUNS_DAYS)
    active = Output.objects.filter(run=OuterRef("pk"), generation__state__in=ACTIVE)
    old = Run.objects.filter(~Exists(active), created_at__lt=oldest).order_by("pk").only("pk")
    runs = [run.pk for run in old.select_for_update(skip_locked=True)[:AT_ONCE]]
    Generation.objects.filter(playground_output__run__in=runs).delete()
    Run.objects.filter(pk__in=runs).delete()
    return len(runs)
