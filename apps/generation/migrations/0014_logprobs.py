import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0013_flat_queue"),
    ]

    operations = [
        migrations.CreateModel(
            name="LogProbabilities",
            fields=[
                (
                    "generation",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="log_probabilities",
                        serialize=False,
                        to="generation.generation",
                    ),
                ),
                ("tokens", models.TextField()),
            ],
            options={"verbose_name_plural": "log probabilities"},
        ),
    ]
