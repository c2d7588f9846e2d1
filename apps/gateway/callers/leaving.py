"""Cancel generations in a separate task: when a caller leaves, the server cancels the request's own task."""

import asyncio
from uuid import UUID

from apps.gateway.services import leave_generation
from apps.stores.threads import in_thread

_leaving: set[asyncio.Task[None]] = set()


def leave(generation_id: UUID) -> None:
    """Cancel the generation soon; do nothing if it is over."""
    task = asyncio.create_task(in_thread(leave_generation)(generation_id))
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)
