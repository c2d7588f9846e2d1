"""The tasks that Celery beat starts, and how often."""

from typing import Any

from project.configuration import env


def beat_schedule(*, probe_seconds: float) -> dict[str, dict[str, Any]]:
    """Return Celery's ``beat_schedule``. Frequent tasks expire before the next is sent, so that they do not pile up."""
    return {
        "reap": {"task": "generation.reap", "schedule": env.read_float("REAP_SECONDS", 2.0)},
        "probe endpoints": {
            "task": "endpoints.probe",
            "schedule": probe_seconds,
            "options": {"expires": probe_seconds},
        },
        "send queued messages": {"task": "chat.send_queued", "schedule": 10.0, "options": {"expires": 10.0}},
        "title conversations": {"task": "chat.title", "schedule": 10.0, "options": {"expires": 10.0}},
        "purge deleted conversations": {"task": "chat.purge", "schedule": 600.0},
        "prune observations": {"task": "endpoints.prune", "schedule": 3600.0},
        **{
            f"retain {app}": {"task": f"{app}.retain", "schedule": 3600.0, "options": {"expires": 3600.0}}
            for app in ("audit", "chat", "gateway", "playground")
        },
    }
