"""Lives, concluded outages, seconds per day, rollups."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Due',
            fields=[
                ('node', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('from_ms', models.BigIntegerField()),
                ('since_ms', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Alive',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('boot', models.CharField(max_length=64)),
                ('run', models.CharField(max_length=64)),
                ('first_mono_ms', models.BigIntegerField()),
                ('last_mono_ms', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('node', 'boot', 'run', 'first_mono_ms'), name='alive_identity'), models.CheckConstraint(condition=models.Q(('last_mono_ms__gte', models.F('first_mono_ms'))), name='alive_order')],
            },
        ),
        migrations.CreateModel(
            name='Day',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('day', models.IntegerField()),
                ('up_s', models.IntegerField()),
                ('down_s', models.IntegerField()),
                ('maintenance_s', models.IntegerField()),
                ('unknown_s', models.IntegerField()),
                ('isp_up_s', models.IntegerField()),
                ('isp_down_s', models.IntegerField()),
                ('isp_excluded_s', models.IntegerField()),
                ('isp_unknown_s', models.IntegerField()),
                ('causes', models.TextField(default='{}')),
            ],
            options={
                'indexes': [models.Index(fields=['day'], name='day_day')],
                'constraints': [models.UniqueConstraint(fields=('node', 'day'), name='day_identity')],
            },
        ),
        migrations.CreateModel(
            name='Life',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('boot', models.CharField(max_length=64)),
                ('run', models.CharField(max_length=64)),
                ('first_mono_ms', models.BigIntegerField()),
                ('last_mono_ms', models.BigIntegerField()),
                ('started_mono_ms', models.BigIntegerField(blank=True, null=True)),
                ('previous_run', models.CharField(blank=True, default='', max_length=64)),
                ('previous_boot', models.CharField(blank=True, default='', max_length=64)),
                ('verdict', models.CharField(blank=True, default='', max_length=20)),
                ('reset_reason', models.CharField(blank=True, default='', max_length=64)),
                ('last_alive_mono_ms', models.BigIntegerField(blank=True, null=True)),
                ('stopped_mono_ms', models.BigIntegerField(blank=True, null=True)),
                ('brownout_mono_ms', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('node', 'boot', 'run'), name='life_identity')],
            },
        ),
        migrations.CreateModel(
            name='Outage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('start_lo_ms', models.BigIntegerField()),
                ('start_hi_ms', models.BigIntegerField()),
                ('end_lo_ms', models.BigIntegerField(blank=True, null=True)),
                ('end_hi_ms', models.BigIntegerField(blank=True, null=True)),
                ('cause', models.CharField(max_length=16)),
                ('party', models.CharField(default='none', max_length=16)),
                ('counts', models.CharField(default='down', max_length=8)),
                ('parent', models.CharField(blank=True, default='', max_length=64)),
                ('told', models.BooleanField(default=False)),
                ('evidence', models.TextField(default='[]')),
                ('revision', models.IntegerField(default=1)),
                ('opened_ms', models.BigIntegerField()),
                ('changed_ms', models.BigIntegerField()),
                ('incident', models.BigIntegerField(blank=True, null=True)),
                ('ticket', models.CharField(blank=True, default='', max_length=64)),
                ('reported_ms', models.BigIntegerField(blank=True, null=True)),
                ('reported_by', models.CharField(blank=True, default='', max_length=150)),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'start_lo_ms'], name='concluded_node_start'), models.Index(fields=['start_lo_ms'], name='concluded_start'), models.Index(fields=['end_hi_ms'], name='concluded_end')],
            },
        ),
        migrations.CreateModel(
            name='OutageRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outage', models.BigIntegerField()),
                ('node', models.CharField(max_length=64)),
                ('revision', models.IntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('why', models.CharField(max_length=32)),
                ('json', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'at_ms'], name='outage_revision_node')],
                'constraints': [models.UniqueConstraint(fields=('outage', 'revision'), name='outage_revision_identity')],
            },
        ),
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('step_s', models.IntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('reports', models.IntegerField()),
                ('json', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['step_s', 'at_ms'], name='rollup_step_at')],
                'constraints': [models.UniqueConstraint(fields=('node', 'step_s', 'at_ms'), name='rollup_identity')],
            },
        ),
        migrations.CreateModel(
            name='RollupDue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('step_s', models.IntegerField()),
                ('at_ms', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('node', 'step_s', 'at_ms'), name='rollup_due_identity')],
            },
        ),
    ]
