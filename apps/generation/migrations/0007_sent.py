"""What was sent to which model server, for whoever asks what a reply was made of."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0006_wanted")]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="sent",
            field=models.JSONField(
                blank=True,
                db_default=models.Value([], models.JSONField()),
                default=list,
                help_text="What was sent to which model server, the latest last; see ``RequestRecord``.",
            ),
        ),
    ]
