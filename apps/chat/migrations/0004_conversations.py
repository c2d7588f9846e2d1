"""Pinned, archived and deleted conversations, shared copies, and the words of questions, to be searched."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import apps.chat.models.share

CREATE = """
    ALTER TABLE chat_message ADD COLUMN search tsvector
    GENERATED ALWAYS AS (CASE WHEN role = 'user' THEN searchable_words(question) END) STORED;
    CREATE INDEX message_search ON chat_message USING gin (search) WHERE search IS NOT NULL;
"""
DROP = "ALTER TABLE chat_message DROP COLUMN search;"


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0003_ask_the_guide"),
        ("generation", "0005_search"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Share",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "token",
                    models.CharField(
                        default=apps.chat.models.share.new_token, editable=False, max_length=32, unique=True
                    ),
                ),
                ("title", models.CharField(max_length=120)),
                ("turns", models.JSONField()),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="conversation",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="deleted_at",
            field=models.DateTimeField(blank=True, help_text="For a while it can still be brought back.", null=True),
        ),
        migrations.AddField(
            model_name="conversation",
            name="pinned_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)), fields=["deleted_at"], name="conversation_deleted"
            ),
        ),
        migrations.AddField(
            model_name="share",
            name="conversation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="shares", to="chat.conversation"
            ),
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
