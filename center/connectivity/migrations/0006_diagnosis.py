"""Verdicts, outages and paths as nodes tell them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('connectivity', '0005_clocks_in_steps'),
    ]

    operations = [
        migrations.CreateModel(
            name='NodePath',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('epoch', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField()),
                ('boot', models.CharField(max_length=64)),
                ('mono_ms', models.BigIntegerField()),
                ('wall_ms', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('at_quality', models.CharField(max_length=10)),
                ('received_ms', models.BigIntegerField()),
                ('json', models.TextField()),
                ('target', models.CharField(max_length=500)),
                ('address', models.CharField(max_length=64)),
                ('reached', models.BooleanField()),
                ('changed', models.BooleanField()),
                ('why', models.CharField(max_length=16)),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'at_ms'], name='path_node_at'), models.Index(fields=['node', 'boot', 'mono_ms'], name='path_boot')],
                'constraints': [models.UniqueConstraint(fields=('node', 'epoch', 'seq'), name='path_identity')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('epoch', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField()),
                ('boot', models.CharField(max_length=64)),
                ('mono_ms', models.BigIntegerField()),
                ('wall_ms', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('at_quality', models.CharField(max_length=10)),
                ('received_ms', models.BigIntegerField()),
                ('json', models.TextField()),
                ('outage', models.CharField(max_length=64)),
                ('ended', models.SmallIntegerField()),
                ('end_mono_ms', models.BigIntegerField(blank=True, null=True)),
                ('code', models.CharField(max_length=64)),
                ('confidence_pct', models.FloatField()),
                ('how', models.CharField(max_length=16)),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'at_ms'], name='outage_node_at'), models.Index(fields=['node', 'boot', 'mono_ms'], name='outage_boot')],
                'constraints': [models.UniqueConstraint(fields=('node', 'outage'), name='outage_identity')],
            },
        ),
        migrations.CreateModel(
            name='VerdictChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('epoch', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField()),
                ('boot', models.CharField(max_length=64)),
                ('mono_ms', models.BigIntegerField()),
                ('wall_ms', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('at_quality', models.CharField(max_length=10)),
                ('received_ms', models.BigIntegerField()),
                ('json', models.TextField()),
                ('since_mono_ms', models.BigIntegerField()),
                ('code', models.CharField(max_length=64)),
                ('confidence_pct', models.FloatField()),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'at_ms'], name='verdict_node_at'), models.Index(fields=['node', 'boot', 'mono_ms'], name='verdict_boot')],
                'constraints': [models.UniqueConstraint(fields=('node', 'epoch', 'seq'), name='verdict_identity')],
            },
        ),
    ]
