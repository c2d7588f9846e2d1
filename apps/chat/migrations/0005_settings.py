"""What replies of a conversation are asked for with: which server, system prompt, sampling parameters."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0004_conversations"),
        ("endpoints", "0002_health"),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="endpoint",
            field=models.ForeignKey(
                blank=True,
                help_text="The only model server that may answer; empty for the best one at hand.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="endpoints.endpoint",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="endpoint_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Its name, which stays when the server is removed: nobody else answers in its place unasked.",
                max_length=100,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="parameters",
            field=models.JSONField(
                blank=True,
                db_default={},
                default=dict,
                help_text="The sampling parameters that were set: temperature, top_p, max_tokens, stop, seed.",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="system_prompt",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
