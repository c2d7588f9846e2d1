"""Add each generation to its day when it ends, whoever ends it, in the statement that does.

The old code runs under the trigger too. Copies of generations are inserted when they are over, so they do not count.
Continuing a generation reads the prompt again and adds to its completion tokens, of which the new ones count.

The trigger comes first: it locks the generations until the migration is over, so that none ends between the trigger and
the count of earlier ones. Databases that ran an older form of this migration counted first. What ended in that moment
is missing there; nothing tells it apart any more, and a new count would forget the generations that were deleted.
"""

from django.db import migrations

COUNT = """
    CREATE FUNCTION usage_count_generation() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        ends boolean := OLD.state NOT IN ('succeeded', 'failed', 'cancelled');
    BEGIN
        INSERT INTO usage_usageday AS used
            (day, owner_id, api_key_id, endpoint_name, generations, failed, cancelled, prompt_tokens, completion_tokens)
        VALUES (
            (coalesce(NEW.ended_at, now()) AT TIME ZONE 'UTC')::date,
            NEW.owner_id,
            NEW.api_key_id,
            coalesce((SELECT name FROM endpoints_endpoint WHERE id = NEW.endpoint_id), ''),
            ends::int,
            (ends AND NEW.state = 'failed')::int,
            (ends AND NEW.state = 'cancelled')::int,
            coalesce(NEW.prompt_tokens, 0) - CASE WHEN ends THEN 0 ELSE coalesce(OLD.prompt_tokens, 0) END,
            coalesce(NEW.completion_tokens, 0) - coalesce(OLD.completion_tokens, 0)
        )
        ON CONFLICT (owner_id, day, api_key_id, endpoint_name) DO UPDATE SET
            generations = used.generations + EXCLUDED.generations,
            failed = used.failed + EXCLUDED.failed,
            cancelled = used.cancelled + EXCLUDED.cancelled,
            prompt_tokens = used.prompt_tokens + EXCLUDED.prompt_tokens,
            completion_tokens = used.completion_tokens + EXCLUDED.completion_tokens;
        RETURN NULL;
    END $$;

    CREATE TRIGGER usage_count_generation AFTER UPDATE ON generation_generation FOR EACH ROW
    WHEN (
        NEW.state IN ('succeeded', 'failed', 'cancelled')
        AND (
            OLD.state NOT IN ('succeeded', 'failed', 'cancelled')
            OR NEW.prompt_tokens IS DISTINCT FROM OLD.prompt_tokens
            OR NEW.completion_tokens IS DISTINCT FROM OLD.completion_tokens
        )
    )
    EXECUTE FUNCTION usage_count_generation();
"""
# Generations from before; copies have no attempts.
COUNT_EARLIER = """
    INSERT INTO usage_usageday
        (day, owner_id, api_key_id, endpoint_name, generations, failed, cancelled, prompt_tokens, completion_tokens)
    SELECT (ended_at AT TIME ZONE 'UTC')::date AS day, owner_id, api_key_id, coalesce(endpoint.name, ''), count(*),
           count(*) FILTER (WHERE generation.state = 'failed'), count(*) FILTER (WHERE generation.state = 'cancelled'),
           coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0)
    FROM generation_generation AS generation LEFT JOIN endpoints_endpoint AS endpoint ON endpoint.id = endpoint_id
    WHERE ended_at IS NOT NULL AND attempt > 0
    GROUP BY 1, 2, 3, 4
"""
FORGET = """
    DROP TRIGGER usage_count_generation ON generation_generation;
    DROP FUNCTION usage_count_generation();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0001_initial"),
        ("generation", "0012_api_key"),
        ("endpoints", "0002_health"),
    ]

    operations = [
        migrations.RunSQL(COUNT, FORGET),
        migrations.RunSQL(COUNT_EARLIER, "DELETE FROM usage_usageday"),
    ]
