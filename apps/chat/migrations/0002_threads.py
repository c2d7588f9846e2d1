"""Messages form a tree. What was there becomes its only thread."""

import django.db.models.deletion
from django.db import migrations, models

LINK = """
    UPDATE chat_message AS message SET parent_id = earlier.id
    FROM chat_message AS earlier
    WHERE earlier.conversation_id = message.conversation_id AND earlier.position = message.position - 1;
    UPDATE chat_conversation AS conversation SET current_id = (
        SELECT id FROM chat_message WHERE conversation_id = conversation.id ORDER BY position DESC LIMIT 1
    );
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0001_initial"),
        ("generation", "0001_initial"),
    ]

    operations = [
        migrations.AlterModelOptions(name="message", options={"ordering": ["position", "version"]}),
        migrations.AddField(
            model_name="conversation",
            name="current",
            field=models.ForeignKey(
                blank=True,
                help_text="The last message of the thread that is shown.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="chat.message",
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="switched_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When another thread was last put in place of the one shown.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="parent",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="children",
                to="chat.message",
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="version",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="Which one of those in the same place, from 1."
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="position",
            field=models.PositiveIntegerField(help_text="How deep in its thread, from 1."),
        ),
        migrations.RemoveConstraint(model_name="message", name="message_one_per_position"),
        migrations.RunSQL(LINK, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(
                fields=("conversation", "parent", "version"), name="message_one_per_version", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("parent__isnull", True), ("position", 1))
                | models.Q(("parent__isnull", False), ("position__gt", 1)),
                name="message_first_has_no_parent",
            ),
        ),
    ]
