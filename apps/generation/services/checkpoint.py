"""Save what running generations have so far, and renew their leases."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.generation.request_record import SentList

# Part of the text may be there already: the answer to an earlier checkpoint was lost with its connection.
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
    """``text`` is new since code point ``start``; it may be empty, which only renews the lease.

    ``began`` is when the attempt's first token came; that of the first attempt counts. ``left_out`` is as in ``Run``;
    ``sent`` is given where there is something new in it.
    """

    generation_id: UUID
    attempt: int
    start: int
    text: str
    began: datetime | None = None
    left_out: int | None = None
    sent: SentList | None = None


def save_checkpoints(checkpoints: Sequence[Checkpoint]) -> set[UUID]:
    """Save all of them in one statement and return the generations that these attempts still hold."""
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
