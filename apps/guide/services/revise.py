"""Keep former contents of rows, and restore them."""

from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import QuerySet

from apps.accounts.models import User
from apps.guide.errors import CannotRevert
from apps.guide.models import FromFile, Revision, digest
from apps.guide.search.index import rebuild_index
from apps.guide.services.write import Writer


def record_change(
    row: FromFile,
    *,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    cause: Revision.Cause,
    by: User | None = None,
) -> None:
    """Add the row's content to its history; first add the previous content if the history lacks it."""
    if before == after:
        return
    latest = revisions_of(row).first()
    if before is not None and (latest is None or digest(latest.content) != digest(before)):
        _add(row, before, Revision.Cause.BEFORE, None)
    _add(row, after, cause, by)


@transaction.atomic
def revert_to(row: FromFile, *, revision: Revision, by: User) -> None:
    """Restore the content of ``revision``. Raises ``CannotRevert`` if something that it names is gone."""
    before = row.content()
    try:
        with transaction.atomic():
            Writer().update(row, revision.content, loaded=False)
    except (KeyError, FieldDoesNotExist) as error:
        raise CannotRevert(f"It names something that is not there any more: {error}.") from error
    after = reread(row).content()
    record_change(row, before=before, after=after, cause=Revision.Cause.REVERTED, by=by)
    transaction.on_commit(rebuild_index)


def revisions_of(row: FromFile) -> QuerySet[Revision]:
    """Return the row's revisions, the latest first."""
    return Revision.objects.filter(table=row._meta.model_name, identity=row.identity).select_related("made_by")


def reread(row: FromFile) -> FromFile:
    """Return the row fresh from the database, with everything that ``content()`` reads."""
    return type(row).rows().get(pk=row.pk)


def _add(row: FromFile, content: dict[str, Any], cause: Revision.Cause, by: User | None) -> None:
    table = row._meta.model_name or ""
    Revision.objects.create(table=table, identity=row.identity, content=content, cause=cause, made_by=by)
