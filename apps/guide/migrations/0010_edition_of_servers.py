"""Changes of the model servers' table renew the guide's edition too."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("guide", "0009_search_words")]

    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER guide_new_edition BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON guide_server
            FOR EACH STATEMENT EXECUTE FUNCTION guide_new_edition()
            """,
            "DROP TRIGGER guide_new_edition ON guide_server",
        ),
    ]
