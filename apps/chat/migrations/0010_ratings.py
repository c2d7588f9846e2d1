"""Ratings of replies."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0009_presets"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="rating",
            field=models.CharField(
                blank=True,
                choices=[("good", "Good"), ("bad", "Bad")],
                db_default="",
                default="",
                help_text="Of a reply, by its reader.",
                max_length=4,
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rating", ""), models.Q(("rating__in", ["good", "bad"]), ("role", "assistant")), _connector="OR"
                ),
                name="message_rated_is_reply",
            ),
        ),
    ]
