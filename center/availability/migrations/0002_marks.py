"""A mark set while its node is being worked out is noticed by its version; lives long over are known by their arrival."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("availability", "0001_initial")]

    operations = [
        migrations.AddField("due", "version", models.BigIntegerField(default=1, db_default=1)),
        migrations.AddField("life", "received_ms", models.BigIntegerField(default=0)),
        migrations.AddIndex("life", models.Index(fields=["node", "received_ms"], name="life_node_received")),
    ]
