"""Celery tasks: load by id, call one service."""

from uuid import UUID

from celery import shared_task

from apps.generation.models import Generation
from apps.generation.services.enqueue import TASK_NAME, enqueue
from apps.generation.services.reap import reap_generations
from apps.generation.services.write_positions import write_positions
from apps.generation.worker.celery import current_runtime
from apps.generation.worker.execute import generate_next


@shared_task(name=TASK_NAME)
def run_generation(generation_id: str, *job: str) -> None:
    """Run the next queued generation. The task is a ticket; the queue decides what runs."""
    runtime = current_runtime()
    if runtime.draining:
        enqueue([UUID(generation_id)])  # for another worker: this one is shutting down
        return
    found = job or Generation.objects.filter(pk=UUID(generation_id)).values_list("variant", "task").first()
    if found is not None:
        variant, task = found
        generate_next(variant=variant, task=task, runtime=runtime)


@shared_task(name="generation.reap", expires=10)
def reap() -> None:
    reap_generations()
    write_positions()
