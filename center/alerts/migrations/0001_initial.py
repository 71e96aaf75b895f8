"""Channels, routes and the outbox of deliveries."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Channel',
            fields=[
                ('name', models.SlugField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=16)),
                ('settings', models.TextField(default='{}')),
                ('secret', models.CharField(blank=True, default='', max_length=64)),
                ('per_minute', models.PositiveSmallIntegerField(default=10)),
                ('enabled', models.BooleanField(default=True)),
                ('last_ok_ms', models.BigIntegerField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, default='', max_length=200)),
                ('last_error_ms', models.BigIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200, unique=True)),
                ('incident', models.BigIntegerField(blank=True, null=True)),
                ('channel', models.CharField(max_length=40)),
                ('address', models.CharField(blank=True, default='', max_length=200)),
                ('what', models.CharField(max_length=16)),
                ('severity', models.CharField(max_length=10)),
                ('text', models.TextField()),
                ('made_ms', models.BigIntegerField()),
                ('due_ms', models.BigIntegerField()),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('claimed_by', models.CharField(blank=True, default='', max_length=64)),
                ('claimed_ms', models.BigIntegerField(blank=True, null=True)),
                ('attempts', models.SmallIntegerField(default=0)),
                ('sent_ms', models.BigIntegerField(blank=True, null=True)),
                ('error', models.CharField(blank=True, default='', max_length=200)),
            ],
            options={
                'indexes': [models.Index(fields=['state', 'due_ms'], name='delivery_due'), models.Index(fields=['incident', 'made_ms'], name='delivery_incident'), models.Index(fields=['channel', 'sent_ms'], name='delivery_channel_sent')],
            },
        ),
        migrations.CreateModel(
            name='Route',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('kinds', models.TextField(default='[]')),
                ('parties', models.TextField(default='[]')),
                ('sites', models.TextField(default='[]')),
                ('kecamatan', models.TextField(default='[]')),
                ('least_severity', models.CharField(default='warning', max_length=10)),
                ('hours', models.CharField(blank=True, default='', max_length=200)),
                ('quiet_hours', models.CharField(blank=True, default='', max_length=200)),
                ('quiet_severity', models.CharField(default='critical', max_length=10)),
                ('level', models.SmallIntegerField(default=0)),
                ('after_min', models.PositiveSmallIntegerField(default=0)),
                ('to_site', models.BooleanField(default=False)),
                ('enabled', models.BooleanField(default=True)),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='routes', to='alerts.channel')),
            ],
        ),
    ]
