"""Name what ``told`` holds. The column keeps its name, so that the code before this one runs on it."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import Value


class Migration(migrations.Migration):
    dependencies = [("chat", "0017_title_origin")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="told",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(),
                blank=True,
                db_column="told",
                db_default=Value([], django.contrib.postgres.fields.ArrayField(models.PositiveIntegerField())),
                default=list,
                help_text="Of a reply: for each question in its prompt, where the messages begin that belong to it.",
                size=None,
            ),
        ),
        migrations.RenameField(model_name="message", old_name="told", new_name="turn_starts"),
    ]
