"""The edition remembers which files were loaded last, so that a start with the same files need not load them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("guide", "0010_edition_of_servers")]

    operations = [
        migrations.AddField(
            model_name="edition",
            name="loaded_fingerprint",
            field=models.CharField(db_default="", default="", editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="edition",
            name="loaded_token",
            field=models.UUIDField(editable=False, null=True),
        ),
    ]
