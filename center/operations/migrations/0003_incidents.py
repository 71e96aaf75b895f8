"""Incidents, alarms, planned work, shift notes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0002_maintenance'),
    ]

    operations = [
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at_ms', models.BigIntegerField()),
                ('node', models.CharField(blank=True, default='', max_length=64)),
                ('incident', models.BigIntegerField(blank=True, null=True)),
                ('severity', models.CharField(max_length=10)),
                ('suppressed', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['at_ms'], name='alarm_at')],
            },
        ),
        migrations.CreateModel(
            name='Handover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at_ms', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('text', models.CharField(max_length=8000)),
            ],
            options={
                'indexes': [models.Index(fields=['at_ms'], name='handover_at')],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=16)),
                ('subject', models.CharField(blank=True, default='', max_length=64)),
                ('severity', models.CharField(max_length=10)),
                ('cause', models.CharField(blank=True, default='', max_length=32)),
                ('party', models.CharField(default='none', max_length=16)),
                ('started_ms', models.BigIntegerField()),
                ('opened_ms', models.BigIntegerField()),
                ('resolved_ms', models.BigIntegerField(blank=True, null=True)),
                ('acknowledged_ms', models.BigIntegerField(blank=True, null=True)),
                ('acknowledged_by', models.CharField(blank=True, default='', max_length=150)),
                ('assigned_to', models.CharField(blank=True, default='', max_length=150)),
                ('level', models.SmallIntegerField(default=0)),
                ('ticket', models.CharField(blank=True, default='', max_length=64)),
                ('reported_ms', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'permissions': (('work_incident', 'Can acknowledge, assign, comment and escalate incidents'),),
                'indexes': [models.Index(fields=['opened_ms'], name='incident_opened'), models.Index(fields=['subject', 'opened_ms'], name='incident_subject'), models.Index(condition=models.Q(('resolved_ms__isnull', True)), fields=['opened_ms'], name='incident_open')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('resolved_ms__isnull', True)), fields=('kind', 'subject'), name='incident_one_open')],
            },
        ),
        migrations.CreateModel(
            name='StayEnded',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('at_ms', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('reason', models.CharField(blank=True, default='', max_length=500)),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'at_ms'], name='stay_ended_node')],
            },
        ),
        migrations.CreateModel(
            name='Work',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(max_length=10)),
                ('subject', models.CharField(blank=True, default='', max_length=64)),
                ('from_ms', models.BigIntegerField()),
                ('until_ms', models.BigIntegerField()),
                ('reason', models.CharField(max_length=500)),
                ('ticket', models.CharField(blank=True, default='', max_length=64)),
                ('by', models.CharField(max_length=150)),
                ('made_ms', models.BigIntegerField()),
                ('cancelled_ms', models.BigIntegerField(blank=True, null=True)),
                ('cancelled_by', models.CharField(blank=True, default='', max_length=150)),
            ],
            options={
                'indexes': [models.Index(fields=['until_ms'], name='work_until')],
                'constraints': [models.CheckConstraint(condition=models.Q(('until_ms__gt', models.F('from_ms'))), name='work_order')],
            },
        ),
        migrations.CreateModel(
            name='IncidentEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at_ms', models.BigIntegerField()),
                ('kind', models.CharField(max_length=16)),
                ('by', models.CharField(blank=True, default='', max_length=150)),
                ('text', models.CharField(blank=True, default='', max_length=2000)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='operations.incident')),
            ],
            options={
                'indexes': [models.Index(fields=['incident', 'at_ms'], name='incident_entry_at')],
            },
        ),
        migrations.CreateModel(
            name='IncidentMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('joined_ms', models.BigIntegerField()),
                ('left_ms', models.BigIntegerField(blank=True, null=True)),
                ('incident', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='operations.incident')),
            ],
            options={
                'indexes': [models.Index(fields=['node'], name='incident_member_node')],
                'constraints': [models.UniqueConstraint(fields=('incident', 'node'), name='incident_member_identity')],
            },
        ),
    ]
