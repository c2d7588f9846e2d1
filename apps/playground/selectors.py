"""Reads of runs."""

from typing import Any
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.playground.models import Kind, Run

RECENT = 8


def find_run(user: User | AnonymousUser, run_id: UUID) -> Run | None:
    """Return the person's run with its outputs; ``None`` if the person has no such run."""
    if not isinstance(user, User) or not user.is_active:
        return None
    return Run.objects.visible_to(user).with_outputs().select_related("owner").filter(pk=run_id).first()


def runs_of(user: User) -> QuerySet[Run]:
    """Return the person's runs, the latest first, without reading whole outputs."""
    return Run.objects.visible_to(user).with_outputs().order_by("-created_at", "-pk")


def accepted_texts(run: Run, text: str) -> tuple[str, str]:
    """Return the exact texts before and after the cursor after inserting ``text``."""
    return run.before + text, run.after


def initial_of(run: Run, *, before: str | None = None) -> dict[str, Any]:
    """Return the values that fill the form of the run's kind; ``before`` is another text before the cursor."""
    text = run.before if before is None else before
    texts = {
        Kind.COMPLETE: {"code": text},
        Kind.FILL: {"before": text, "after": run.after},
        Kind.SIDE_BY_SIDE: {"prompt": text},
    }[Kind(run.kind)]
    return {**run.settings, **texts}
