"""Celery tasks: load by id, call one service."""

from uuid import UUID

from celery import shared_task

from apps.generation.models import Generation
from apps.generation.services.announce_places import announce_places
from apps.generation.services.enqueue import TASK_NAME, enqueue
from apps.generation.services.reap import reap_generations
from apps.generation.worker.celery import current_runtime
from apps.generation.worker.execute import run_next


@shared_task(name=TASK_NAME)
def run_generation(generation_id: str) -> None:
    """A ticket: something waits. What runs is whose turn it is."""
    runtime = current_runtime()
    if runtime.draining:
        enqueue([UUID(generation_id)])  # for another worker: this one fetches no more
        return
    found = Generation.objects.filter(pk=UUID(generation_id)).values_list("variant", "task").first()
    if found is not None:
        variant, task = found
        run_next(variant=variant, task=task, runtime=runtime)


@shared_task(name="generation.reap", expires=10)
def reap() -> None:
    reap_generations()
    announce_places()
