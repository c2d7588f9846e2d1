"""Add each generation to the totals of its variant and state when it ends, in the statement that ends it.

The old code runs under the trigger too. Copies are inserted when they are over, so they do not count. A generation that
is continued keeps its first token and its completion tokens: neither counts twice.

The trigger comes first: it locks the generations until the migration is over, so that none ends between the trigger and
the count of earlier ones. Databases that ran an older form of this migration counted first. What ended in that moment
is missing there; nothing tells it apart any more, and a new count would forget the generations that were deleted.
"""

import django.contrib.postgres.fields
from django.db import migrations, models

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds to the first token
WITHIN = ", ".join(f"(first AND seconds <= {seconds})::int" for seconds in BUCKETS)
COUNT = f"""
    CREATE FUNCTION usage_count_total() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        ends boolean := OLD.state NOT IN ('succeeded', 'failed', 'cancelled');
        first boolean := NEW.first_token_at IS NOT NULL AND CASE
            WHEN ends THEN OLD.completion_tokens IS NULL ELSE OLD.first_token_at IS NULL
        END;
        seconds float := coalesce(extract(epoch FROM NEW.first_token_at - NEW.created_at), 0);
    BEGIN
        INSERT INTO usage_generationtotal AS total (
            variant, state, shard, generations, prompt_tokens, completion_tokens, lost_leases,
            first_tokens, first_token_seconds, within
        ) VALUES (
            NEW.variant,
            NEW.state,
            pg_backend_pid() % 16,
            ends::int,
            coalesce(NEW.prompt_tokens, 0) - CASE WHEN ends THEN 0 ELSE coalesce(OLD.prompt_tokens, 0) END,
            coalesce(NEW.completion_tokens, 0) - coalesce(OLD.completion_tokens, 0),
            CASE WHEN ends THEN NEW.lost_leases ELSE 0 END,
            first::int,
            CASE WHEN first THEN seconds ELSE 0 END,
            ARRAY[{WITHIN}]
        )
        ON CONFLICT (variant, state, shard) DO UPDATE SET
            generations = total.generations + EXCLUDED.generations,
            prompt_tokens = total.prompt_tokens + greatest(EXCLUDED.prompt_tokens, 0),
            completion_tokens = total.completion_tokens + greatest(EXCLUDED.completion_tokens, 0),
            lost_leases = total.lost_leases + EXCLUDED.lost_leases,
            first_tokens = total.first_tokens + EXCLUDED.first_tokens,
            first_token_seconds = total.first_token_seconds + EXCLUDED.first_token_seconds,
            within = ARRAY(SELECT a + b FROM unnest(total.within, EXCLUDED.within) AS pair(a, b));
        RETURN NULL;
    END $$;

    CREATE TRIGGER usage_count_total AFTER UPDATE ON generation_generation FOR EACH ROW
    WHEN (
        NEW.state IN ('succeeded', 'failed', 'cancelled')
        AND (
            OLD.state NOT IN ('succeeded', 'failed', 'cancelled')
            OR NEW.prompt_tokens IS DISTINCT FROM OLD.prompt_tokens
            OR NEW.completion_tokens IS DISTINCT FROM OLD.completion_tokens
            OR NEW.first_token_at IS DISTINCT FROM OLD.first_token_at
        )
    )
    EXECUTE FUNCTION usage_count_total();
"""  # noqa: S608 - made of constants
COUNTED = ", ".join(
    f"count(*) FILTER (WHERE first_token_at - created_at <= interval '{seconds} seconds')" for seconds in BUCKETS
)
# Generations from before; copies have no attempts.
COUNT_EARLIER = f"""
    INSERT INTO usage_generationtotal (
        variant, state, shard, generations, prompt_tokens, completion_tokens, lost_leases,
        first_tokens, first_token_seconds, within
    )
    SELECT variant, state, 0, count(*), coalesce(sum(prompt_tokens), 0), coalesce(sum(completion_tokens), 0),
           sum(lost_leases), count(first_token_at),
           coalesce(sum(extract(epoch FROM first_token_at - created_at)), 0)::float, ARRAY[{COUNTED}]
    FROM generation_generation WHERE ended_at IS NOT NULL AND attempt > 0
    GROUP BY variant, state
"""  # noqa: S608 - made of constants
FORGET = """
    DROP TRIGGER usage_count_total ON generation_generation;
    DROP FUNCTION usage_count_total();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0002_count_generations"),
        ("generation", "0012_api_key"),
    ]

    operations = [
        migrations.CreateModel(
            name="GenerationTotal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("variant", models.CharField(max_length=16)),
                ("state", models.CharField(max_length=16)),
                ("shard", models.SmallIntegerField()),
                ("generations", models.BigIntegerField(db_default=0)),
                ("prompt_tokens", models.BigIntegerField(db_default=0)),
                ("completion_tokens", models.BigIntegerField(db_default=0)),
                ("lost_leases", models.BigIntegerField(db_default=0)),
                ("first_tokens", models.BigIntegerField(db_default=0)),
                ("first_token_seconds", models.FloatField(db_default=0.0)),
                ("within", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField())),
            ],
            options={
                "ordering": ["variant", "state", "shard"],
                "constraints": [
                    models.UniqueConstraint(fields=("variant", "state", "shard"), name="generation_total_once")
                ],
            },
        ),
        migrations.RunSQL(COUNT, FORGET),
        migrations.RunSQL(COUNT_EARLIER, migrations.RunSQL.noop),
    ]
