"""The edition: a token that changes with every change of the guide, so that pages can be kept until then."""

from django.db import migrations, models

# As ``models.edition.WRITTEN`` when this was written; a test compares the triggers with it.
TABLES = (
    *("attribute", "benchmark", "cell", "citation", "codemodel", "fact", "feature", "gpu", "page", "quantization"),
    *("reading", "rule", "score", "section", "source", "term", "variant"),
)
FUNCTION = """
    CREATE FUNCTION guide_new_edition() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO guide_edition (id, token) VALUES (1, gen_random_uuid())
        ON CONFLICT (id) DO UPDATE SET token = EXCLUDED.token;
        RETURN NULL;
    END $$
"""
TRIGGER = """
    CREATE TRIGGER guide_new_edition BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON guide_{table}
    FOR EACH STATEMENT EXECUTE FUNCTION guide_new_edition()
"""


class Migration(migrations.Migration):
    dependencies = [("guide", "0004_search")]

    operations = [
        migrations.CreateModel(
            name="Edition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION guide_new_edition()"),
        *(
            migrations.RunSQL(TRIGGER.format(table=table), f"DROP TRIGGER guide_new_edition ON guide_{table}")
            for table in TABLES
        ),
        migrations.RunSQL(
            "INSERT INTO guide_edition (id, token) VALUES (1, gen_random_uuid())", migrations.RunSQL.noop
        ),
    ]
