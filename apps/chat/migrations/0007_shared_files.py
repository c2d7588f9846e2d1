"""The files in shared copies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0006_attachments"),
    ]

    operations = [
        migrations.AddField(
            model_name="share",
            name="files",
            field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list),
        ),
    ]
