"""The newest outages of a node are found without reading all of them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connectivity', '0006_diagnosis'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='outage',
            index=models.Index(fields=['node', 'epoch', 'seq'], name='outage_node_seq'),
        ),
    ]
