"""Delete many rows in short transactions."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet

AT_ONCE = 500  # rows in a transaction


def delete_in_batches(rows: QuerySet[Any], *, at_once: int = AT_ONCE) -> int:
    """Delete the rows, and return how many. Rows that somebody has locked are left for the next call."""
    deleted = 0
    while True:
        with transaction.atomic():
            found = rows.order_by("pk").only("pk").select_for_update(skip_locked=True, of=("self",))[:at_once]
            keys = [row.pk for row in found]
            rows.model._base_manager.filter(pk__in=keys).delete()  # noqa: SLF001 - Django's documented manager for all rows
        deleted += len(keys)
        if len(keys) < at_once:
            return deleted
