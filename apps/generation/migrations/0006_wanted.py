"""The one endpoint that a generation may run on."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("endpoints", "0002_health"),
        ("generation", "0005_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="generation",
            name="wanted_endpoint",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The only one it may run on; any that can do it where this and its name are empty.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="endpoints.endpoint",
            ),
        ),
        migrations.AddField(
            model_name="generation",
            name="wanted_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="The name of that endpoint, which stays when it is removed.",
                max_length=100,
            ),
        ),
        migrations.AddIndex(
            model_name="generation",
            index=models.Index(
                condition=models.Q(("wanted_endpoint__isnull", False)),
                fields=["wanted_endpoint"],
                name="generation_wants_endpoint",
            ),
        ),
        migrations.AddConstraint(
            model_name="generation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("wanted_endpoint__isnull", True), models.Q(("wanted_name", ""), _negated=True), _connector="OR"
                ),
                name="generation_wants_by_name",
            ),
        ),
    ]
