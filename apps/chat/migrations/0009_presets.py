"""Presets."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0008_where_switched"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Preset",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.SlugField(blank=True, db_index=False, default="", editable=False)),
                ("name", models.CharField(max_length=60)),
                ("description", models.CharField(blank=True, default="", max_length=200)),
                ("system_prompt", models.TextField(blank=True, default="")),
                ("opening", models.TextField(blank=True, default="")),
                ("parameters", models.JSONField(blank=True, default=dict)),
                ("place", models.PositiveSmallIntegerField(default=0, help_text="Lower ones come first.")),
                ("is_offered", models.BooleanField(default=True, verbose_name="offered")),
                ("loaded", models.JSONField(blank=True, default=dict, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="presets",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["place", "name"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("key", ""), _negated=True), fields=("key",), name="preset_once_per_key"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("owner__isnull", False)),
                        fields=("owner", "name"),
                        name="preset_name_once_per_person",
                        violation_error_message="You have a preset of this name.",
                    ),
                ],
            },
        ),
    ]
