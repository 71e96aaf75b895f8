"""Days in which a node's line changed, in parts: each provider is held to its own seconds."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("availability", "0003_own_cuts")]

    operations = [
        migrations.CreateModel(
            name="DayPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("node", models.CharField(max_length=64)),
                ("day", models.IntegerField()),
                ("from_ms", models.BigIntegerField()),
                ("up_s", models.IntegerField()),
                ("down_s", models.IntegerField()),
                ("maintenance_s", models.IntegerField()),
                ("unknown_s", models.IntegerField()),
                ("isp_up_s", models.IntegerField()),
                ("isp_down_s", models.IntegerField()),
                ("isp_excluded_s", models.IntegerField()),
                ("isp_unknown_s", models.IntegerField()),
                ("causes", models.TextField(default="{}")),
            ],
            options={"indexes": [models.Index(fields=["node", "day"], name="day_part_day")]},
        ),
        migrations.AddConstraint(
            model_name="daypart",
            constraint=models.UniqueConstraint(fields=("node", "from_ms"), name="day_part_identity"),
        ),
    ]
