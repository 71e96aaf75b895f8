"""Short cuts of the centre's own line, found in what nodes of several providers told alike."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("availability", "0002_marks")]

    operations = [
        migrations.CreateModel(
            name="OwnCut",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start_ms", models.BigIntegerField()),
                ("end_ms", models.BigIntegerField()),
                ("code", models.CharField(max_length=16)),
            ],
            options={
                "indexes": [models.Index(fields=["end_ms"], name="own_cut_end")],
                "constraints": [
                    models.UniqueConstraint(fields=("start_ms", "end_ms", "code"), name="own_cut_identity")
                ],
            },
        ),
    ]
