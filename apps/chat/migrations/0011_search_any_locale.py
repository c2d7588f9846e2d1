"""Index the words of questions anew, as ``generation.0010`` finds them."""

from django.db import migrations

COLUMN = """
    ALTER TABLE chat_message ALTER COLUMN search
    SET EXPRESSION AS (CASE WHEN role = 'user' THEN searchable_words(question) END);
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0010_ratings"), ("generation", "0010_search_any_locale")]

    operations = [migrations.RunSQL(COLUMN, COLUMN)]
