"""Screens and public notices."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Display',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('kind', models.CharField(default='wall', max_length=10)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('networks', models.CharField(max_length=500)),
                ('scenes', models.TextField(default='[]')),
                ('scene_s', models.PositiveSmallIntegerField(default=30)),
                ('made_ms', models.BigIntegerField()),
                ('made_by', models.CharField(max_length=150)),
                ('revoked_ms', models.BigIntegerField(blank=True, null=True)),
                ('entered_ms', models.BigIntegerField(blank=True, null=True)),
                ('entered_from', models.CharField(blank=True, default='', max_length=64)),
                ('seen_ms', models.BigIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PublicNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('title', models.CharField(max_length=120)),
                ('text', models.CharField(max_length=600)),
                ('from_ms', models.BigIntegerField()),
                ('until_ms', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('made_ms', models.BigIntegerField()),
                ('withdrawn_ms', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['until_ms'], name='notice_until')],
                'constraints': [models.CheckConstraint(condition=models.Q(('until_ms__gt', models.F('from_ms'))), name='notice_order')],
            },
        ),
    ]
