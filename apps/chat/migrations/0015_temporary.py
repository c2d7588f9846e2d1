"""Mark temporary conversations."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0014_comments")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="is_temporary",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Nowhere listed, and purged a day after its last message."
            ),
        ),
    ]
