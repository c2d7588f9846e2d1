"""Reads of the guide that many requests share, kept by each process until the guide changes."""

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from apps.guide.models import Edition


def kept_read[Read](read: Callable[[], Read]) -> Callable[[], Read]:
    """Let a selector read once for an edition of the guide; later calls cost the query for the edition.

    Several requests get the same object at once: nobody may change it. The edition is read first: rows that change
    between the two reads belong to the next edition and are read again.
    """
    kept: dict[UUID, Read] = {}

    @wraps(read)
    def read_once() -> Read:
        edition = Edition.objects.token()
        if edition is None:
            return read()
        found = kept.get(edition)
        if found is None:
            found = read()
            kept.clear()
            kept[edition] = found
        return found

    return read_once
