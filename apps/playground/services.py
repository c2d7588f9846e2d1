"""Start runs, stop them, decide on their outputs, share and delete them."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.endpoints.health.absence import Wanted
from apps.endpoints.models import Endpoint
from apps.generation.errors import TooManyAtOnce
from apps.generation.models import ACTIVE, Generation, Task
from apps.generation.services.cancel import cancel_generation
from apps.generation.services.start import Document, start_completion, start_generation
from apps.playground.errors import NotOver, TooMany
from apps.playground.models import Decision, Kind, Output, Run, new_token
from apps.playground.offers import Offer
from apps.usage.errors import LimitReached


def start_document_run(  # noqa: PLR0913 (a run has that many facts)
    *,
    owner: User,
    kind: Kind,
    document: Document,
    offer: Offer,
    parameters: dict[str, Any],
    settings: dict[str, Any],
) -> Run:
    """Queue the continuation of a document, or of the middle of it. Raises ``TooMany``."""
    with transaction.atomic():
        run = Run.objects.create(
            owner=owner, kind=kind, before=document.before, after=document.after, settings=settings
        )
        begin = partial(start_completion, document=document, variant=offer.variant, wanted=offer.wanted)
        _add_output(run, 0, begin, parameters)
    return run


def start_side_by_side(  # noqa: PLR0913 (a run has that many facts)
    *,
    owner: User,
    prompt: str,
    task: Task,
    endpoints: Sequence[Endpoint],
    parameters: dict[str, Any],
    settings: dict[str, Any],
) -> Run:
    """Queue one generation per endpoint, all with the same prompt. Raises ``TooMany``; then none is queued."""
    with transaction.atomic():
        run = Run.objects.create(owner=owner, kind=Kind.SIDE_BY_SIDE, before=prompt, settings=settings)
        for position, endpoint in enumerate(endpoints):
            common: dict[str, Any] = {
                "variant": endpoint.variant,
                "wanted": Wanted(endpoint.name, endpoint.pk),
            }
            if task == Task.CHAT:
                begin = partial(start_generation, messages=[{"role": "user", "content": prompt}], **common)
            else:
                begin = partial(start_completion, document=Document(prompt), **common)
            _add_output(run, position, begin, parameters)
    return run


def _add_output(run: Run, position: int, begin: partial[Generation], parameters: dict[str, Any]) -> None:
    try:
        generation = begin(owner=run.owner, parameters=parameters)
    except (TooManyAtOnce, LimitReached) as error:
        raise TooMany(error.sentence) from None
    Output.objects.create(run=run, generation=generation, position=position)


def stop_run(*, run: Run) -> None:
    """Cancel the run's outputs that are not over."""
    active = run.outputs.filter(generation__state__in=ACTIVE)
    for generation_id in active.values_list("generation_id", flat=True):
        cancel_generation(generation_id=generation_id)


def decide(*, output: Output, decision: Decision) -> None:
    """Accept or dismiss an output. Raises ``NotOver``."""
    if output.generation.state in ACTIVE:
        raise NotOver
    Output.objects.filter(pk=output.pk).update(decision=decision)
    output.decision = decision


def share_run(*, run: Run) -> str:
    """Return the token of the run's link, made at the first call. Raises ``NotOver``."""
    if run.outputs.filter(generation__state__in=ACTIVE).exists():
        raise NotOver
    Run.objects.filter(pk=run.pk, share_token__isnull=True).update(share_token=new_token())
    run.refresh_from_db(fields=["share_token"])
    return run.share_token or ""


def revoke_run(*, run: Run) -> None:
    """Delete the run's link, so that nobody can read the run through it."""
    Run.objects.filter(pk=run.pk).update(share_token=None)


def delete_run(*, run: Run) -> None:
    """Stop the run and delete it with its generations."""
    stop_run(run=run)
    generations: list[UUID] = list(run.outputs.values_list("generation_id", flat=True))
    with transaction.atomic():
        Run.objects.filter(pk=run.pk).delete()
        Generation.objects.filter(pk__in=generations).delete()
