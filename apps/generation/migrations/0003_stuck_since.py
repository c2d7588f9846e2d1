from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0002_queue"),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="stuck_since",
            field=models.DateTimeField(
                blank=True, help_text="Since when every server that could write it is down.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="generation",
            name="lost_leases",
            field=models.PositiveIntegerField(
                default=0, help_text="How often its worker fell silent, or its servers went down under it."
            ),
        ),
    ]
