"""Copy generations that are over."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from apps.generation.models import Generation

# A copy has no attempts, so that metrics leave it out. It can be continued.
FRESH = {
    "attempt": "0",
    "worker": "''",
    "lost_leases": "0",
    "idempotency_key": "NULL",
    "api_key_id": "NULL",
    "started_at": "NULL",
    "stuck_since": "NULL",
    "lease_expires_at": "NULL",
}
COLUMNS = [column for field in Generation._meta.concrete_fields if (column := field.column) and column != "id"]
# Ids keep the original's time, because the queue's pace takes the highest ids as the latest requests.
COPY = f"""
    WITH given AS MATERIALIZED (
        SELECT id AS old, uuidv7(created_at - clock_timestamp()) AS new
        FROM generation_generation WHERE id = ANY(%s) AND state IN ('succeeded', 'failed', 'cancelled')
    ), copied AS (
        INSERT INTO generation_generation (id, {", ".join(COLUMNS)})
        SELECT given.new, {", ".join(FRESH.get(column, column) for column in COLUMNS)}
        FROM generation_generation JOIN given ON id = given.old
    )
    SELECT old, new FROM given
"""  # noqa: S608 - made of constants


def copy_generations(*, generation_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Copy the generations that are over. Return the ids of the copies by the ids of the originals."""
    with connection.cursor() as cursor:
        cursor.execute(COPY, [list(generation_ids)])
        return dict(cursor.fetchall())
