"""The moments from which a page asks for changes."""

from datetime import UTC, datetime, timedelta

LONGEST_TRANSACTION = timedelta(seconds=5)


def moment_now() -> datetime:
    """Return the moment to ask for changes from, a little before now.

    A row that is committed after the page was made may carry the earlier time of its transaction's beginning.
    """
    return datetime.now(UTC) - LONGEST_TRANSACTION


def moment_from(text: str) -> datetime | None:
    """Read an ISO 8601 moment with a time zone. Return ``None`` for anything else."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
