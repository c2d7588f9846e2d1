"""Rebuild the index of the search from the rows of the guide."""

import json

from django.db import connection, transaction

from apps.guide.models import Edition, Passage, Word
from apps.guide.search.passages import gather_passages
from apps.stores.searchable import searchable

# Stems find other forms of a word; prefixes are compared with whole words.
_FILL_VECTORS = """
    UPDATE guide_passage SET vector =
        setweight(to_tsvector('english', title_words), 'A') || setweight(to_tsvector('simple', title_words), 'A')
        || setweight(to_tsvector('english', %s::jsonb ->> within), 'C')
        || setweight(to_tsvector('english', body_words), 'D') || setweight(to_tsvector('simple', body_words), 'D')
"""
_FILL_WORDS = """
    INSERT INTO guide_word (word, passages)
    SELECT word, ndoc FROM ts_stat(
        $$ SELECT to_tsvector('simple', title_words || ' ' || body_words) FROM guide_passage $$
    )
    WHERE length(word) BETWEEN 3 AND 40 AND word ~ '^[a-z][a-z0-9]*$' AND word !~ '^zz[0-9]{7}'
"""


@transaction.atomic
def rebuild_index() -> None:
    """Rebuild the search index from the guide's rows. A second process waits at the edition's row for the first."""
    Edition.objects.renew()
    with connection.cursor() as cursor:
        Passage.objects.all().delete()
        Word.objects.all().delete()
        passages = gather_passages()
        Passage.objects.bulk_create(passages)
        within = {passage.within: searchable(passage.within) for passage in passages}
        cursor.execute(_FILL_VECTORS, [json.dumps(within)])
        cursor.execute(_FILL_WORDS)
