"""Sessions as the centre heard them, and when it listened."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0003_presence_warnings'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64)),
                ('epoch', models.CharField(max_length=64)),
                ('session', models.BigIntegerField()),
                ('boot', models.CharField(max_length=64)),
                ('run', models.CharField(max_length=64)),
                ('born_ms', models.BigIntegerField()),
                ('heard_ms', models.BigIntegerField()),
                ('ended_ms', models.BigIntegerField(blank=True, null=True)),
                ('end_reason', models.CharField(blank=True, default='', max_length=16)),
            ],
            options={
                'indexes': [models.Index(fields=['node', 'born_ms'], name='contact_node_born')],
                'constraints': [models.UniqueConstraint(fields=('node', 'epoch', 'session'), name='contact_identity')],
            },
        ),
        migrations.CreateModel(
            name='Hearing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('since_ms', models.BigIntegerField()),
                ('until_ms', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['until_ms'], name='hearing_until')],
            },
        ),
    ]
