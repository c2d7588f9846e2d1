"""Usage for spreadsheets and programs."""

import csv
import io
from collections.abc import Iterable
from typing import Any

COLUMNS = (
    *("day", "person", "key", "key_name", "endpoint"),
    *("generations", "failed", "cancelled", "prompt_tokens", "completion_tokens"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[dict[str, Any]]) -> str:
    """Return the rows as CSV. Text that a spreadsheet would run as a formula gets an apostrophe before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([_safe(row[column]) for column in COLUMNS] for row in rows)
    return text.getvalue()


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
