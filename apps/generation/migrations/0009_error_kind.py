"""The class of the error that failed a generation, and the column's new help text."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0008_finish_reason"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="error_kind",
            field=models.CharField(
                blank=True, db_default="", default="", help_text="The class of the model server's error.", max_length=50
            ),
        ),
        migrations.AlterField(
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
