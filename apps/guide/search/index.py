"""Makes the index of the search anew from the rows of the guide."""

from django.db import connection, transaction

from apps.guide.models import Edition, Passage, Word
from apps.guide.search.passages import gather_passages

# What stands between slashes, underscores and angles are words too, such as <FILL_ME>. Stems find other forms of a
# word, whole words are what beginnings are compared with.
_FILL_VECTORS = """
    UPDATE guide_passage SET vector =
        setweight(to_tsvector('english', heading), 'A') || setweight(to_tsvector('simple', heading), 'A')
        || setweight(to_tsvector('english', within_words), 'C')
        || setweight(to_tsvector('english', body_words), 'D') || setweight(to_tsvector('simple', body_words), 'D')
    FROM (
        SELECT id, translate(title, '/_<>', '    ') heading, translate(within, '/_<>', '    ') within_words,
               translate(body, '/_<>', '    ') body_words
        FROM guide_passage
    ) words
    WHERE words.id = guide_passage.id
"""
_FILL_WORDS = """
    INSERT INTO guide_word (word, passages)
    SELECT word, ndoc FROM ts_stat(
        $$ SELECT to_tsvector('simple', translate(title || ' ' || body, '/_<>', '    ')) FROM guide_passage $$
    )
    WHERE length(word) BETWEEN 3 AND 40 AND word ~ '^[a-z][a-z0-9]*$'
"""


@transaction.atomic
def rebuild_index() -> None:
    """Let the search find what the guide says now. Who makes the index while another does waits for the edition."""
    Edition.objects.renew()
    with connection.cursor() as cursor:
        Passage.objects.all().delete()
        Word.objects.all().delete()
        Passage.objects.bulk_create(gather_passages())
        cursor.execute(_FILL_VECTORS)
        cursor.execute(_FILL_WORDS)
