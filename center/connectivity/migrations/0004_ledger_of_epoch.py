"""Ledger entries name the epoch their numbers belong to; a node's state knows the warnings of its birth."""

from django.db import migrations, models

_FILL = "UPDATE connectivity_gapledger SET of_epoch = epoch WHERE of_epoch = ''"


class Migration(migrations.Migration):

    dependencies = [
        ('connectivity', '0003_gap_audit'),
    ]

    operations = [
        migrations.AddField(
            model_name='nodestate',
            name='told_warnings',
            field=models.TextField(db_default='[]', default='[]'),
        ),
        migrations.AddField(
            model_name='gapledger',
            name='of_epoch',
            field=models.CharField(default='', max_length=64),
            preserve_default=False,
        ),
        migrations.RunSQL(_FILL, migrations.RunSQL.noop),
        migrations.RemoveIndex(
            model_name='gapledger',
            name='gap_lane',
        ),
        migrations.AddIndex(
            model_name='gapledger',
            index=models.Index(fields=['node', 'of_epoch', 'stream', 'first'], name='gap_lane'),
        ),
    ]
