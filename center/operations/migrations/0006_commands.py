"""Operations from afar: what was asked of boxes, signatures of downlinks."""


import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0005_notice_offer'),
    ]

    operations = [
        migrations.CreateModel(
            name='Operation',
            fields=[
                ('id', models.CharField(max_length=36, primary_key=True, serialize=False)),
                ('command', models.CharField(max_length=32)),
                ('arguments', models.TextField(default='{}')),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('state', models.CharField(choices=[('waiting', 'waiting for a second person'), ('running', 'running'), ('paused', 'paused'), ('done', 'done'), ('aborted', 'stopped at its threshold'), ('cancelled', 'cancelled'), ('lapsed', 'nobody approved it in time')], db_index=True, max_length=10)),
                ('why', models.CharField(blank=True, default='', max_length=40)),
                ('why_facts', models.TextField(default='{}')),
                ('made_by', models.CharField(max_length=150)),
                ('made_ms', models.BigIntegerField()),
                ('second_by', models.CharField(blank=True, default='', max_length=150)),
                ('second_ms', models.BigIntegerField(blank=True, null=True)),
                ('lapses_ms', models.BigIntegerField(blank=True, null=True)),
                ('ended_ms', models.BigIntegerField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, default='', max_length=150)),
                ('canary', models.IntegerField(default=0)),
                ('batch_size', models.IntegerField(default=0)),
                ('abort_pct', models.IntegerField(default=10)),
                ('pause_s', models.IntegerField(default=0)),
                ('wave', models.IntegerField(default=0)),
                ('next_wave_ms', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'operation',
                'verbose_name_plural': 'operations',
                'ordering': ('-made_ms', '-id'),
                'permissions': (('run_look', 'May run commands that measure or show'), ('run_touch', 'May run commands that change something'), ('run_grave', 'May order restarts of boxes, updates and keys')),
            },
        ),
        migrations.AddField(
            model_name='downlink',
            name='expires_ms',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='downlink',
            name='key_id',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='downlink',
            name='nonce',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='downlink',
            name='signature',
            field=models.CharField(blank=True, default='', max_length=128),
        ),
        migrations.CreateModel(
            name='OperationTarget',
            fields=[
                ('id', models.CharField(max_length=36, primary_key=True, serialize=False)),
                ('node', models.CharField(max_length=64)),
                ('position', models.IntegerField()),
                ('wave', models.IntegerField(default=0)),
                ('arguments', models.TextField(blank=True, default='')),
                ('state', models.CharField(choices=[('queued', 'not begun'), ('due', 'to be sent'), ('sent', 'sent'), ('accepted', 'accepted'), ('running', 'running'), ('done', 'done'), ('failed', 'failed'), ('rejected', 'rejected by the box'), ('expired', 'expired'), ('skipped', 'not carried out')], default='queued', max_length=10)),
                ('code', models.CharField(blank=True, default='', max_length=40)),
                ('detail', models.CharField(blank=True, default='', max_length=500)),
                ('progress_pct', models.IntegerField(default=0)),
                ('result', models.TextField(default='{}')),
                ('due_ms', models.BigIntegerField(blank=True, null=True)),
                ('sent_ms', models.BigIntegerField(blank=True, null=True)),
                ('accepted_ms', models.BigIntegerField(blank=True, null=True)),
                ('ended_ms', models.BigIntegerField(blank=True, null=True)),
                ('by_node', models.BooleanField(default=False)),
                ('operation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='targets', to='operations.operation')),
            ],
            options={
                'ordering': ('position',),
            },
        ),
        migrations.CreateModel(
            name='OperationOutput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('part', models.IntegerField()),
                ('text', models.TextField()),
                ('cut', models.BooleanField(default=False)),
                ('target', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='output', to='operations.operationtarget')),
            ],
            options={
                'ordering': ('part',),
            },
        ),
        migrations.AddIndex(
            model_name='operationtarget',
            index=models.Index(fields=['state', 'due_ms'], name='operation_target_state'),
        ),
        migrations.AddIndex(
            model_name='operationtarget',
            index=models.Index(fields=['node', 'due_ms'], name='operation_target_node'),
        ),
        migrations.AddConstraint(
            model_name='operationtarget',
            constraint=models.UniqueConstraint(fields=('operation', 'node'), name='operation_target_once'),
        ),
        migrations.AddConstraint(
            model_name='operationoutput',
            constraint=models.UniqueConstraint(fields=('target', 'part'), name='operation_output_once'),
        ),
    ]
