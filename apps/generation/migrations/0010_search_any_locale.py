"""Index words without PostgreSQL's parser, which takes every character beyond ASCII for a letter under the locale C.

The function names its collation, so the same text has the same words in every database. Words lose case and accents;
each character of a script without spaces is a word; C++, C# and F# are words by name.
"""

from django.db import migrations

LONGEST = 100_000  # characters: a tsvector may have a megabyte, and a longer text would fail to be stored
LONGEST_WORD = 100  # characters: a lexeme may have 2,046 bytes
ACCENTS = r"[\u0300-\u036f]"
WITHOUT_SPACES = r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"  # Han, kana, Hangul

FUNCTION = rf"""
    CREATE OR REPLACE FUNCTION searchable_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $function$
        WITH given AS (SELECT left($1, {LONGEST}) COLLATE "pg_unicode_fast" AS text),
        plain AS (
            SELECT CASE WHEN octet_length(text) = char_length(text) THEN lower(text) ELSE casefold(
                normalize(regexp_replace(normalize(text, NFKD), '{ACCENTS}', '', 'g'), NFKC)
            ) END COLLATE "pg_unicode_fast" AS text FROM given
        ),
        named AS (
            SELECT regexp_replace(
                regexp_replace(regexp_replace(text, '\mc\+\+', ' cplusplus ', 'g'), '\m([cf])#', ' \1sharp ', 'g'),
                '({WITHOUT_SPACES})', ' \1 ', 'g'
            ) COLLATE "pg_unicode_fast" AS text FROM plain
        )
        SELECT array_to_tsvector(coalesce(array_agg(DISTINCT left(word, {LONGEST_WORD})), '{{}}'))
        FROM named, regexp_split_to_table(named.text, '[^[:alnum:]]+') AS word WHERE word <> ''
    $function$;
"""  # noqa: S608 - made of constants
COLUMN = """
    ALTER TABLE generation_generation ALTER COLUMN search
    SET EXPRESSION AS (CASE WHEN ended_at IS NOT NULL THEN searchable_words(text) END);
"""
# The function before, of migration 0005.
BEFORE = rf"""
    CREATE OR REPLACE FUNCTION searchable_words(text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN to_tsvector(
        'simple'::regconfig,
        translate(left($1, {LONGEST}), $marks$!"#$%&'()*+,-./:;<=>?@[\]^_`{{|}}~$marks$, repeat(' ', 32))
    );
"""


class Migration(migrations.Migration):
    dependencies = [("generation", "0009_error_kind")]

    operations = [migrations.RunSQL(FUNCTION + COLUMN, BEFORE + COLUMN)]
