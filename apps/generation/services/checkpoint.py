"""Save the text of running generations and renew their leases."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.generation.request_record import RequestRecords

# Part of the text may be stored already, if an earlier checkpoint's answer was lost with its connection.
CHECKPOINT = """
    UPDATE generation_generation AS generation
    SET text = CASE WHEN generation.text_length = given.start + given.length THEN generation.text
                    ELSE generation.text || substr(given.text, generation.text_length - given.start + 1) END,
        text_length = given.start + given.length,
        left_out = coalesce(given.left_out, generation.left_out),
        first_token_at = coalesce(generation.first_token_at, given.began),
        sent = coalesce(given.sent::jsonb, generation.sent),
        stuck_since = CASE WHEN given.length = 0 THEN generation.stuck_since END,
        lease_expires_at = now() + make_interval(secs => %s)
    FROM unnest(%s::uuid[], %s::int[], %s::int[], %s::int[], %s::text[], %s::timestamptz[], %s::int[], %s::text[])
        AS given(id, attempt, start, length, text, began, left_out, sent)
    WHERE generation.id = given.id
      AND generation.attempt = given.attempt
      AND generation.state = 'running'
      AND generation.text_length BETWEEN given.start AND given.start + given.length
    RETURNING generation.id
"""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The new ``text`` from code point ``start`` on; an empty text only renews the lease.

    ``began`` is the time of the attempt's first token; the time of an earlier attempt stays. ``left_out`` as in
    ``Attempt``; ``sent`` is set only if it has changed.
    """

    generation_id: UUID
    attempt: int
    start: int
    text: str
    began: datetime | None = None
    left_out: int | None = None
    sent: RequestRecords | None = None


def save_checkpoints(checkpoints: Sequence[Checkpoint]) -> set[UUID]:
    """Save all checkpoints in one statement and return the ids of the generations still held by these attempts."""
    with connection.cursor() as cursor:
        cursor.execute(
            CHECKPOINT,
            [
                settings.GENERATION_LEASE_SECONDS,
                [checkpoint.generation_id for checkpoint in checkpoints],
                [checkpoint.attempt for checkpoint in checkpoints],
                [checkpoint.start for checkpoint in checkpoints],
                [len(checkpoint.text) for checkpoint in checkpoints],
                [checkpoint.text for checkpoint in checkpoints],
                [checkpoint.began for checkpoint in checkpoints],
                [checkpoint.left_out for checkpoint in checkpoints],
                [json.dumps(checkpoint.sent) if checkpoint.sent else None for checkpoint in checkpoints],
            ],
        )
        return {row[0] for row in cursor.fetchall()}
