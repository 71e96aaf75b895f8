"""Which anchors of a boot count, which boots are to be dated again, and which records were passed over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connectivity', '0004_ledger_of_epoch'),
    ]

    operations = [
        migrations.CreateModel(
            name='Redating',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('boot', models.CharField(max_length=64)),
                ('place', models.SmallIntegerField(default=0)),
                ('mono_ms', models.BigIntegerField(default=0)),
                ('skip', models.IntegerField(default=0)),
                ('again', models.BooleanField(default=False)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('node', 'boot'), name='redating_identity')],
            },
        ),
        migrations.CreateModel(
            name='PassedOver',
            fields=[
                ('record_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('node', models.CharField(max_length=64)),
                ('stream', models.CharField(max_length=16)),
                ('kind', models.CharField(max_length=64)),
                ('reason', models.CharField(max_length=32)),
                ('received_ms', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['stream', 'kind'], name='passed_over_kind')],
            },
        ),
        migrations.AddField(
            model_name='anchor',
            name='standing',
            field=models.BooleanField(default=True),
        ),
        migrations.RemoveIndex(model_name='anchor', name='anchor_boot'),
        migrations.AddIndex(
            model_name='anchor',
            index=models.Index(fields=['node', 'boot', 'standing', 'mono_ms'], name='anchor_standing'),
        ),
    ]
