"""The words of replies, to be searched, without their punctuation: the parser would take `os.path` for a host.

Not a field of the model, or every read would fetch it. Empty until the reply is over: a checkpoint of the text then
changes no index, and costs no parsing.
"""

import string

from django.db import migrations

LONGEST = 100_000  # characters: a tsvector may have a megabyte, and a longer text would fail to be stored
MARKS = string.punctuation.replace("'", "''")

CREATE = f"""
    CREATE FUNCTION searchable_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector(
        'simple'::regconfig, translate(left($1, {LONGEST}), '{MARKS}', '{" " * len(string.punctuation)}')
    );
    ALTER TABLE generation_generation ADD COLUMN search tsvector
    GENERATED ALWAYS AS (CASE WHEN ended_at IS NOT NULL THEN searchable_words(text) END) STORED;
    CREATE INDEX generation_search ON generation_generation USING gin (search) WHERE search IS NOT NULL;
"""
DROP = """
    ALTER TABLE generation_generation DROP COLUMN search;
    DROP FUNCTION searchable_words(text);
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0004_tasks")]

    operations = [migrations.RunSQL(CREATE, DROP)]
