"""Room for the reasons in a model server's own words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("generation", "0007_sent")]

    operations = [
        migrations.AlterField("generation", "finish_reason", models.CharField(blank=True, default="", max_length=64)),
    ]
