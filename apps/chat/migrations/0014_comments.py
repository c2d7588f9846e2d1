"""Let readers comment beside their rating."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0013_queued_messages")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="comment",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="Of its reader, beside the rating.", max_length=500
            ),
        ),
    ]
